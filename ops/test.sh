#!/usr/bin/env bash
# Sets up what the tests need, and runs them all: ops/test.sh [--filter EXPRESSION and other words for dotnet test]
# The last line counts them; the exit code is 0 when all passed. Data sets that can't be distributed are found in ../shared/data, or in
# the folder that BATCHREC_DATA names; tests that need one skip where it isn't there.
#
#   ops/test.sh --torchsharp [--filter EXPRESSION …]
# builds with the TorchSharp packages in the place of src/BatchRec.Torch, and runs the tests of what computes with tensors.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=ops/lib/common.sh
. "$ROOT/ops/lib/common.sh"
# shellcheck source=ops/lib/dotnet.sh
. "$ROOT/ops/lib/dotnet.sh"
# shellcheck source=ops/lib/postgres.sh
. "$ROOT/ops/lib/postgres.sh"

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  sed -n '2,/^set /{s/^# \{0,1\}//;/^set /d;p}' "$0"
  exit
fi

what=("$ROOT/BatchRec.sln")
settings=()
if [ "${1:-}" = --torchsharp ]; then
  shift
  what=("$ROOT/tests/BatchRec.Tests" -p:TorchBinding=TorchSharp)
  [[ " $* " == *" --filter "* ]] || set -- "$@" --filter "$(printf '|FullyQualifiedName~BatchRec.Tests.%s' Torch Train Recommend Evaluate Rerank Blend | cut -c 2-)"
  # One test after the other: see README about its scalars.
  settings=(-- xUnit.ParallelizeTestCollections=false)
  need_newer_cxx
fi

need_dotnet
need_postgres
[ -e /usr/share/zoneinfo/Europe/London ] || install_packages "The time zones" tzdata

# The dashboard is looked at in a real browser. Everything else can be tested without one: those tests say so and skip.
[ -x /usr/bin/chromium ] || (install_packages "The browser that looks at the dashboard" chromium fonts-dejavu-core) ||
  say "Without /usr/bin/chromium the tests of the dashboard's pages are skipped." >&2

mkdir -p "$ROOT/.local"
log=$ROOT/.local/test.log
rm -f "$ROOT/.local/test.counts" "$log"
status=0
# Release, as ops/batchrec builds it: one build serves both.
run_tests() { dotnet test "${what[@]}" -c Release --nologo "$@" 2>&1 | tee -a "$log" || status=$?; }
all=$#
run_tests "$@" "${settings[@]}"
# What has other code for processors without AVX-512 once more, as if this were one.
if [ "$all" -eq 0 ]; then
  what=("$ROOT/tests/BatchRec.Tests")
  DOTNET_EnableAVX512=0 DOTNET_EnableAVX512F=0 run_tests --no-build --filter 'FullyQualifiedName~BatchRec.Tests.Recommend.Search'
fi

# Each test project ends with: Failed: 0, Passed: 71, Skipped: 0
counts=$(sed -nE 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+).*/\1 \2 \3/p' "$log" |
  awk '{ failed += $1; passed += $2; skipped += $3 } END { printf "%d passed, %d failed, %d skipped", passed, failed, skipped }')
[ "$status" -eq 0 ] || say "The tests did not all pass: exit code $status; all of the output is in $log"
echo "$counts" >"$ROOT/.local/test.counts"
say "$counts"
exit "$status"
