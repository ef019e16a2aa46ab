#!/usr/bin/env bash
# Runs the randomised tests (pgregory.net/rapid) with many more cases than
# `make test` does. A failure prints its seed, and rapid keeps the failing case
# under testdata/rapid for the next run.
set -euo pipefail
cd "$(dirname "$0")/.."
checks=${1:-2000}

packages=$(grep -rlE --include='*_test.go' 'pgregory.net/rapid' app cmd | xargs -r -n1 dirname | sort -u)
if [ -z "$packages" ]; then
  echo "no package has randomised tests" >&2
  exit 1
fi
for package in $packages; do
  go test -count=1 -timeout 60m "./$package" -rapid.checks="$checks"
done
