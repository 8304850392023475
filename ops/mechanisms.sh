#!/usr/bin/env bash
# The table of attention mechanisms: each trained in the same way on the same log, and measured side by side.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=ops/lib/common.sh
. "$ROOT/ops/lib/common.sh"
# shellcheck source=ops/lib/dotnet.sh
. "$ROOT/ops/lib/dotnet.sh"

usage() {
  cat <<'END'
ops/mechanisms.sh [--seeds N] [--only TEXT] [-- SETTINGS]   ml-100k, leave-one-out, 30 epochs; N trainings a row (1), rows whose name has TEXT, settings over those of every row

The data sets stand in ../shared/data, or where BATCHREC_DATA says. A row takes about a minute and a half a seed on one core. Interrupted, the same command goes on where it was.
END
}

# What is measured, and by which options: the numbers are those of the list of mechanisms in the README.
rows() {
  cat <<'END'
1  additive attention|--Train:Encoder=additive
2  dot product, the last event asks|--Train:Encoder=dot
2  dot product, a learned query asks|--Train:Encoder=dot --Train:PoolingQuery=learned
3  self-attention, 1 head|--Train:Heads=1
3  self-attention, 2 heads|
3  without gates, gelu (plain SASRec blocks)|--Train:Gates=false --Train:FeedForward=gelu --Train:FeedForwardDimensions=256
4  hard: the 8 best keys|--Train:TopKeys=8
4  local: a window of 20|--Train:Window=20
5  transformer, attributes of items and users|--Train:ItemFeatures:0=genres --Train:ItemFeatures:1=title --Train:UserFeatures:0=gender --Train:UserFeatures:1=age --Train:UserFeatures:2=occupation
6  HSTU|--Train:Encoder=hstu
6  HSTU, gaps between events|--Train:Encoder=hstu --Train:TimeGaps=true
7  user-item attention (the mean asks)|--Train:Encoder=dot --Train:PoolingQuery=mean
8  co-attention of the 200 best|--Rerank:Candidates=200
9  attributes of items|--Train:ItemFeatures:0=genres --Train:ItemFeatures:1=title
10 values of events (ratings)|--Train:EventValues=true
-  gaps between events|--Train:TimeGaps=true
-  adversarial training|--Train:AdversarialNorm=0.05
-  two restarts of the rate|--Train:Restarts=2
-  sampled softmax, 256 negatives|--Train:Loss=sampled --Train:Negatives=256
-  gBCE, 256 negatives|--Train:Loss=gbce --Train:Negatives=256
-  dot scores|--Train:Scores=dot
END
}

seeds=1 only='' settings=()
while [ $# -gt 0 ]; do
  case $1 in
    --seeds | --only)
      [ $# -ge 2 ] || { usage >&2; exit 2; }
      [ "$1" = --seeds ] && seeds=$2 || only=$2
      shift
      ;;
    --)
      shift
      settings=("$@")
      break
      ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

data=${BATCHREC_DATA:-$ROOT/../shared/data}/ml-100k
[ -e "$data/ratings.csv.gz" ] || die "$data/ratings.csv.gz is not there. Put the data sets beside the checkout, or name their folder in BATCHREC_DATA."
build_batchrec

# Means over seeds of a report's rows: validation's and test's NDCG@10, test's HR@10, of the model, and the blend's of the test.
measured() {
  awk -v name="$1" '
    /, validation, / { part = "validation"; next }
    /, test, / { part = "test"; next }
    /^$/ { part = "" }
    part == "" || $1 == "model" || $2 !~ /^[0-9]+$/ { if ($1 == "Seed" && match($0, /, [0-9,]+ s\./)) { took = substr($0, RSTART + 2, RLENGTH - 5); gsub(",", "", took); seconds += took; runs++ }; next }
    { kind = $1 == "blend" || $1 == "reranked" ? $1 : "model"; n[kind, part]++; ndcg[kind, part] += $3; hr[kind, part] += $4 }
    function mean(sum, kind, part) { return n[kind, part] ? sprintf("%.4f", sum[kind, part] / n[kind, part]) : "-" }
    END {
      printf "%s\t%s\t%s\t%s\t%s\t%s\t%.0f\n", name, mean(ndcg, "model", "validation"), mean(ndcg, "model", "test"), mean(hr, "model", "test"),
        mean(ndcg, "blend", "test"), mean(ndcg, "reranked", "test"), runs ? seconds / runs : 0
    }'
}

table=$(mktemp)
trap 'rm -f "$table"' EXIT
while IFS='|' read -r name options; do
  [[ $name == *"$only"* ]] || continue
  say "$name …" >&2
  # shellcheck disable=SC2086
  "$BATCHREC" evaluate --from ml-100k "$data/ratings.csv.gz" --protocol leave-one-out --seeds "$seeds" \
    --Evaluate:MaxCases=1000000 --Train:MaxEpochs=30 --Train:Patience=0 --Train:MaxMinutes=0 --Train:Threads=1 $options ${settings[@]+"${settings[@]}"} 2>>"$ROOT/.local/mechanisms.log" |
    measured "$name" >>"$table"
done < <(rows)

say "ml-100k, leave-one-out, all items ranked; mean of $seeds training(s):"
awk -F '\t' 'BEGIN { printf "%-46s %10s %8s %8s %8s %8s %6s\n", "", "validation", "NDCG@10", "HR@10", "blend", "reranked", "s" }
  { printf "%-46s %10s %8s %8s %8s %8s %6s\n", $1, $2, $3, $4, $5, $6, $7 }' "$table"
