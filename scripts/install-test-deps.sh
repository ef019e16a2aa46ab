#!/usr/bin/env bash
# Installs what the tests need besides Go and Node, where it is missing: a
# database server, a browser and a font with Chinese glyphs. Quick when nothing
# is missing. Off Debian, or without root, it says what to install.
set -euo pipefail

has() {
  local name
  for name in "$@"; do
    if command -v "$name" >/dev/null 2>&1 || [ -x "/usr/sbin/$name" ]; then
      return 0
    fi
  done
  return 1
}

missing=()
# TEST_MYSQL_DSN names a server that is running already.
if [ -z "${TEST_MYSQL_DSN:-}" ] && ! has mariadbd mysqld; then
  missing+=(mariadb-server)
fi
if ! has chromium chromium-browser google-chrome; then
  missing+=(chromium)
fi
if [ -z "$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.fonts" \
  -iname '*NotoSansCJK*' -print -quit 2>/dev/null)" ]; then
  missing+=(fonts-noto-cjk)
fi
if [ "${#missing[@]}" -eq 0 ]; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo -n)
fi
if ! has apt-get || { [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; }; then
  cat >&2 <<MESSAGE
The tests need what is not installed here: ${missing[*]}
  Debian, Ubuntu:  sudo apt-get install --no-install-recommends ${missing[*]}
  elsewhere:       MariaDB 10.6+ or MySQL 8 (mariadbd or mysqld in the PATH, or
                   a server named by TEST_MYSQL_DSN), Chromium, Noto Sans CJK
MESSAGE
  exit 1
fi

echo "installing ${missing[*]}"
# The tests start a private server of their own; the packaged one stays off.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  made_policy=yes
fi
finish() {
  if [ -n "$made_policy" ]; then
    "${as_root[@]}" rm -f "$policy"
  fi
}
trap finish EXIT
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}"
