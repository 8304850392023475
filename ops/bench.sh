#!/usr/bin/env bash
# Measurements: ops/bench.sh train-step | top-n … | ml1m-loo …  (tests/BatchRec.Benchmarks)
set -euo pipefail
cd "$(dirname "$0")/.."
exec dotnet run -c Release --project tests/BatchRec.Benchmarks -- "$@"
