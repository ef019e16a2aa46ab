#!/usr/bin/env bash
# Writes deploy/compose.env with fresh random secrets, readable by its owner
# only. It never overwrites: losing these secrets means losing what they seal.
set -euo pipefail
cd "$(dirname "$0")/.."
file=deploy/compose.env

if [ -e "$file" ]; then
  echo "$file exists already; nothing was changed" >&2
  exit 1
fi
random() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
password=$(random 24)
audit_key=$(head -c 32 /dev/urandom | base64 | tr -d '\n')

umask 077
cat >"$file" <<ENV
# MySQL makes the database and the user at its first start.
MYSQL_DATABASE=piaohao
MYSQL_USER=piaohao
MYSQL_PASSWORD=$password
MYSQL_RANDOM_ROOT_PASSWORD=yes

# The public address; https wherever it is not loopback.
PIAOHAO_SERVER_BASE_URL=http://127.0.0.1:8080
PIAOHAO_DATABASE_URL=mysql:piaohao:$password@tcp(mysql:3306)/piaohao
PIAOHAO_SECRETS_AUDIT_KEY=$audit_key
PIAOHAO_SANDBOX_TOKEN=$(random 24)
ENV
echo "wrote $file; back it up, and the keyset in the volume \"data\" with it"
