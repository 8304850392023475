#!/usr/bin/env bash
# Every stage against its peer and its limit on this machine, interleaved, five rounds each; medians and ratios go to bench.json.
#   ops/bench.sh                 all that is done within 40 minutes
#   ops/bench.sh --long          what takes longer too: a training to a validation NDCG@10 of .18 on ML-1M, and what a step costs as the catalogue grows
#   ops/bench.sh STAGE …         one: extract, train-step, top-n, publish, train-to-quality, train-growth, train-bf16, train-features, reasons, blend, ml1m-loo (tests/BatchRec.Benchmarks tells their options)
# The peers are Debian's packages and psql, on a private PostgreSQL.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=ops/lib/common.sh
. "$ROOT/ops/lib/common.sh"
# shellcheck source=ops/lib/dotnet.sh
. "$ROOT/ops/lib/dotnet.sh"
# shellcheck source=ops/lib/postgres.sh
. "$ROOT/ops/lib/postgres.sh"
cd "$ROOT"

# need_peers: python3-torch with OpenBLAS (Debian's reference BLAS would flatter us), and faiss.
need_peers() {
  dpkg -s python3-torch python3-faiss libopenblas0-openmp >/dev/null 2>&1 || install_packages "The peers" python3-torch python3-faiss python3-numpy libopenblas0-openmp
}

need_cluster() {
  need_postgres
  local state=$ROOT/.local/bench
  mkdir -p "$state"
  BENCH_CLUSTER=$(cluster_folder "$state/cluster.d")
  trap 'stop_cluster "$BENCH_CLUSTER"' EXIT
  start_cluster "$BENCH_CLUSTER"
  PATH=$(postgres_bin):$PATH
  psql -X -q -d postgres -c 'CREATE DATABASE bench'
}

need_dotnet
dotnet build -c Release --nologo -v q tests/BatchRec.Benchmarks >&2
bench() { dotnet run -c Release --no-build --project tests/BatchRec.Benchmarks -- "$@"; }

case ${1:-all} in
  all | --long)
    need_peers
    need_cluster
    rm -f bench.json
    stages=(extract train-step top-n publish)
    [ "${1:-}" != --long ] || stages+=(train-to-quality train-growth)
    for stage in "${stages[@]}"; do
      say ""
      bench "$stage"
    done
    say ""
    say "All of it stands in bench.json."
    ;;
  extract | publish)
    need_cluster
    bench "$@"
    ;;
  train-step | top-n | train-to-quality)
    need_peers
    bench "$@"
    ;;
  *) bench "$@" ;;
esac
