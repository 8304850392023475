#!/usr/bin/env bash
# A row of the quality table: our model, blend and baselines beside what others have published, on one data set under one protocol.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=ops/lib/common.sh
. "$ROOT/ops/lib/common.sh"
# shellcheck source=ops/lib/dotnet.sh
. "$ROOT/ops/lib/dotnet.sh"

usage() {
  cat <<'END'
ops/quality.sh DATASET PROTOCOL            ml-1m, ml-100k, amazon-sports or online-retail; leave-one-out, nightly, horizon-7d, last or successive
ops/quality.sh … --repeats                 seen items may be recommended again, and count
ops/quality.sh … --seeds N                 trains N times
ops/quality.sh … --no-model                baselines and their blend alone, in minutes
ops/quality.sh … -- --Train:ItemFeatures:0=category   with attributes of items, which ml-100k and online-retail have too; ml-1m and amazon-sports are told theirs
ops/quality.sh … -- --Train:MaxEpochs=5    what follows -- is handed on: settings of appsettings.json, over those of the data set

The data sets stand in ../shared/data, or where BATCHREC_DATA says. Interrupted, the same command goes on where it was.
END
}

# timed_sequences FOLDER: the sequences that the literature measures on, in their order, with the times of the ratings.
timed_sequences() {
  local timed=$ROOT/.local/quality/ml-1m-leave-one-out.csv
  [ -e "$1/sequences.txt.gz" ] && [ -e "$1/ratings.csv.gz" ] || die "$1 lacks sequences.txt.gz or ratings.csv.gz. Put the data sets beside the checkout, or name their folder in BATCHREC_DATA."
  mkdir -p "$ROOT/.local/quality"
  awk -v OFS=, '
    BEGIN { print "user_id", "item_id", "timestamp" }
    NR == FNR { split($0, rating, ","); times[rating[1], rating[2]] = rating[4]; next }
    { for (i = 2; i <= NF; i++) print $1, $i, times[$1, $i] }
  ' <(zcat "$1/ratings.csv.gz") <(zcat "$1/sequences.txt.gz") >"$timed.$$"
  mv "$timed.$$" "$timed"
}

# days_by_item FOLDER: events of one day by ascending item, as in the study that the anchors of splits in time are from: it sorts the published reviews by user and time
# alone, and they come grouped by item. The order is no shop's; without it nothing could be compared.
days_by_item() {
  local sorted=$ROOT/.local/quality/amazon-sports-days-by-item.csv header=user_id,item_id,timestamp
  [ -e "$1/interactions.csv.gz" ] || die "$1 lacks interactions.csv.gz. Put the data sets beside the checkout, or name their folder in BATCHREC_DATA."
  [ "$(zcat "$1/interactions.csv.gz" | awk 'NR == 1')" = "$header" ] || die "$1/interactions.csv.gz has other columns than $header."
  mkdir -p "$ROOT/.local/quality"
  {
    echo "$header"
    zcat "$1/interactions.csv.gz" | tail -n +2 | LC_ALL=C sort -t, -k1,1n -k3,3n -k2,2n
  } >"$sorted.$$"
  mv "$sorted.$$" "$sorted"
}

[ $# -ge 2 ] || { usage >&2; exit 2; }
dataset=$1 protocol=$2 repeats=no evaluate=() settings=()
shift 2
while [ $# -gt 0 ]; do
  case $1 in
    --repeats) repeats=yes ;;
    --no-model) evaluate+=("$1") ;;
    --seeds)
      [ $# -ge 2 ] || { usage >&2; exit 2; }
      evaluate+=("$1" "$2")
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

data=${BATCHREC_DATA:-$ROOT/../shared/data}
layout=csv options=(--Evaluate:MaxCases=1000000 --Train:ValidationUsers=3000)
case $dataset in
  ml-1m)
    file=$data/ml-1m/ratings.csv.gz layout=ml-1m
    if [ "$protocol" = leave-one-out ]; then
      timed_sequences "$data/ml-1m"
      file=$ROOT/.local/quality/ml-1m-leave-one-out.csv layout=csv
      evaluate+=(--items "$data/ml-1m/movies.csv.gz" --users "$data/ml-1m/users.csv.gz")
    fi
    options+=(--Train:MaxEpochs=60 --Train:Patience=0 --Train:Dropout=0.2 --Train:TimeGaps=true --Train:MaxMinutes=0)
    options+=(--Train:ItemFeatures:0=genres --Train:ItemFeatures:1=year --Train:ItemFeatures:2=title --Train:IdDropout=0)
    options+=(--Train:UserFeatures:0=gender --Train:UserFeatures:1=age_group --Train:UserFeatures:2=occupation)
    ;;
  ml-100k) file=$data/ml-100k/ratings.csv.gz layout=ml-100k ;;
  amazon-sports)
    file=$data/amazon-sports/interactions.csv.gz
    if [ "$protocol" != leave-one-out ]; then
      days_by_item "$data/amazon-sports"
      file=$ROOT/.local/quality/amazon-sports-days-by-item.csv
    fi
    evaluate+=(--items "$data/amazon-sports/item_attributes.csv.gz")
    options+=(--Train:MaxLength=50 --Train:BatchSize=128 --Train:Dropout=0.2 --Train:TimeGaps=true --Train:ItemFeatures:0=attribute_ids)
    options+=(--Train:MaxEpochs=20 --Train:Patience=6 --Train:MaxMinutes=0)
    ;;
  online-retail)
    file=$data/online-retail/transactions.csv.gz layout=online-retail
    options+=(--Train:MaxEpochs=15 --Train:Patience=0 --Train:MaxMinutes=0)
    ;;
  *) usage >&2; exit 2 ;;
esac
[ -e "$file" ] || die "$file is not there. Put the data sets beside the checkout, or name their folder in BATCHREC_DATA."
# The studies that we compare with cut where 90 % of the events lie before, and know no baskets.
case $dataset-$protocol in
  online-retail-* | *-leave-one-out) ;;
  *) evaluate+=(--cutoff 0.9) options+=(--Evaluate:Baskets=false) ;;
esac
# The test comes after all that is learnt: validation asks likewise, everybody and for the tenth of events before the cut, and what it finds is trained again with them.
case $dataset-$protocol in
  ml-1m-last)
    evaluate+=(--refit)
    options+=(--Evaluate:ValidationDays=25 --Evaluate:ValidationUsers=0 --Train:Members=2 --Train:MaxEpochs=50)
    ;;
  amazon-sports-last | amazon-sports-successive)
    evaluate+=(--refit)
    options+=(--Evaluate:ValidationDays=68 --Evaluate:ValidationUsers=0 --Train:Dropout=0.3 --Train:Patience=0)
    ;;
esac
[ "$repeats" = no ] || options+=(--Recommend:ExcludeSeenDays=0)

build_batchrec
report=$("$BATCHREC" evaluate --from "$layout" "$file" --protocol "$protocol" "${evaluate[@]}" "${options[@]}" "${settings[@]}")
printf '%s\n\n' "$report"

# Ours, averaged over seeds, out of the test's table; the seed is missing where there is none.
ours() {
  awk '
    /, test, / { test = 1; next }
    /^$/ { test = 0 }
    test && $1 != "model" { at = $2 ~ /\./ ? 2 : 3; n[$1]++; ndcg[$1] += $at; hr[$1] += $(at + 1) }
    END { for (model in n) printf "ours: %s%s\t%.4f\t%.4f\t\n", model, (n[model] > 1 ? ", mean of " n[model] " seeds" : ""), hr[model] / n[model], ndcg[model] / n[model] }
  ' <<<"$report"
}

say "$dataset, $protocol, repeats $([ "$repeats" = yes ] && echo kept || echo filtered):"
{
  ours
  [ "$repeats" = yes ] || awk -F '\t' -v OFS='\t' -v set="$dataset" -v protocol="$protocol" '$1 == set && $2 == protocol { print $3, $4, $5, $6 }' "$ROOT/ops/lib/anchors.tsv"
} | sort -t "$(printf '\t')" -k3,3 -g -r |
  awk -F '\t' 'BEGIN { printf "%-46s %8s %8s  %s\n", "", "HR@10", "NDCG@10", "" } { printf "%-46s %8s %8s  %s\n", $1, $2, $3, $4 }'
