#!/usr/bin/env bash
# Fails when something generated, formatted or paired is not what its source
# says. It changes nothing: what it generates, it generates into a copy.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=

report() {
  failed=yes
  printf '%s\n' "$@" >&2
}

files() {
  git ls-files --cached --others --exclude-standard -- "$@" | while read -r f; do
    if [ -e "$f" ]; then echo "$f"; fi
  done
}

check_format() {
  local unformatted
  unformatted=$(files '*.go' | grep -v /testdata/ | xargs -r gofmt -l)
  if [ -n "$unformatted" ]; then
    report "not formatted (run gofmt -w):" "$unformatted"
  fi
}

without_paths() { sed -E 's|FileName: `[^`]*`||' "$1"; }

# templ writes beside its sources, so it works on a copy. It also writes the
# path of each source as seen from where it was run, which is left out.
check_templ() {
  local copy f
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' RETURN
  files '*.templ' '*_templ.go' | xargs -r cp --parents -t "$copy"
  find "$copy" -name '*_templ.go' -delete
  go tool templ generate -path "$copy" -log-level error
  while read -r f; do
    if ! cmp -s <(without_paths "$f") <(without_paths "$copy/$f"); then
      report "not what templ generates (run make generate): $f"
    fi
  done < <(files '*_templ.go')
  while read -r f; do
    if [ ! -e "$f" ]; then
      report "missing (run make generate): $f"
    fi
  done < <(cd "$copy" && find . -name '*_templ.go')
}

check_modules() {
  local diff
  if ! diff=$(go mod tidy -diff); then
    report "go.mod or go.sum is not tidy (run go mod tidy):" "$diff"
  fi
}

# The same numbers and names in both folders; the schemas themselves are
# compared by app/dbcheck.
check_migrations() {
  local base
  for base in sql sql/sandbox; do
    if ! diff <(cd "$base/mysql" && ls) <(cd "$base/sqlite" && ls) >&2; then
      report "$base/mysql and $base/sqlite differ in their files"
    fi
  done
}

check_format
check_templ
check_modules
check_migrations
if [ -n "$failed" ]; then
  exit 1
fi
echo "no drift: formatting, templates, modules, migrations"
