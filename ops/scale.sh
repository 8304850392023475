#!/usr/bin/env bash
# The whole night on synthetic shops that grow tenfold, and the night after it, which keeps the model: seconds, peak memory and bytes of every step, through Hangfire.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=ops/lib/common.sh
. "$ROOT/ops/lib/common.sh"
# shellcheck source=ops/lib/dotnet.sh
. "$ROOT/ops/lib/dotnet.sh"
# shellcheck source=ops/lib/postgres.sh
. "$ROOT/ops/lib/postgres.sh"
# shellcheck source=ops/lib/server.sh
. "$ROOT/ops/lib/server.sh"

usage() {
  cat <<'END_OF_USAGE'
ops/scale.sh                               100k users, 10k items, 5 M events; 300k/30k/15 M; 1 M/100k/50 M
ops/scale.sh USERS/ITEMS/EVENTS …          other sizes
ops/scale.sh … -- --Train:MaxEpochs=3      what follows -- is handed to the server and the run: settings of appsettings.json

Training takes one epoch of sampled softmax with 256 negatives at 64 dimensions, 2 layers, length 200; slit and ease are fitted over
the 4,000 most frequent items. In the day after, 5 % of the users act, and a second night serves the model on (Train:EveryDays=7). Everything it makes stands below .local/scale
of this checkout; the tables are printed and kept in .local/scale/steps.csv.
END_OF_USAGE
}

sizes=() settings=()
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --) shift; settings=("$@"); break ;;
    */*/*) sizes+=("$1") ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
[ ${#sizes[@]} -gt 0 ] || sizes=(100000/10000/5000000 300000/30000/15000000 1000000/100000/50000000)

umask 022
state=$ROOT/.local/scale
mkdir -p "$state"
cd "$ROOT"
exec 8>"$state/lock"
flock -n 8 || die "another scale run is at work in this checkout."
need_postgres
build_batchrec

# shellcheck disable=SC2317 # The traps call it.
finish() {
  local status=$?
  [ -z "${NIGHT:-}" ] || kill "$NIGHT" 2>/dev/null || true
  trap - EXIT INT TERM
  stop_all "$state"
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

query() { "$(postgres_bin)/psql" -X -q -v ON_ERROR_STOP=1 -d shop "${@:2}" -c "$1"; }

NEWEST_RUN='SELECT run_id FROM batchrec.run ORDER BY created DESC LIMIT 1'

# One size: a shop, two nights, two tables.
run_size() {
  local users items events cluster as_of
  IFS=/ read -r users items events <<<"$1"
  stop_all "$state"
  rm -rf "$state/artefacts"
  cluster=$(cluster_folder "$state/cluster.d")
  echo "$cluster" >"$state/cluster"
  start_cluster "$cluster" 8>&-
  "$(postgres_bin)/psql" -X -q -d postgres -c 'CREATE DATABASE shop' >/dev/null
  export ConnectionStrings__Source="Host=127.0.0.1;Port=$PGPORT;Database=shop;Username=$PGUSER;Password=$PGPASSWORD"
  unset ConnectionStrings__Results ConnectionStrings__Hangfire
  export BATCHREC_Train__Loss=${BATCHREC_Train__Loss:-sampled} BATCHREC_Train__MaxEpochs=${BATCHREC_Train__MaxEpochs:-1}
  export BATCHREC_Train__BatchSize=${BATCHREC_Train__BatchSize:-128} BATCHREC_Train__MaxMinutes=${BATCHREC_Train__MaxMinutes:-0}
  export BATCHREC_Train__Negatives=${BATCHREC_Train__Negatives:-256} BATCHREC_Evaluate__DenseItems=${BATCHREC_Evaluate__DenseItems:-4000}
  export BATCHREC_Train__EveryDays=7
  # Of the repository itself: sql/source may have been made the user's own.
  export BATCHREC_Source__SqlFolder=$ROOT/ops/demo/source
  export BATCHREC_Artefacts__Folder=$state/artefacts BATCHREC_Dashboard__Url
  BATCHREC_Dashboard__Url=http://127.0.0.1:$(free_port)

  say ""
  say "$users users, $items items, $events events"
  "$BATCHREC" migrate >/dev/null
  "$BATCHREC" generate --users "$users" --items "$items" --events "$events"
  query 'VACUUM (ANALYZE) shop.interaction' >/dev/null
  as_of=$(query "$AS_OF_LAST_EVENT" -A -t)
  start_server "$state" "${settings[@]}" 8>&-
  night "$1" "$as_of"
  # A view each, of what somebody else has viewed.
  query "INSERT INTO shop.interaction SELECT u, items.item_id, 'view', timestamptz '$as_of' + u * interval '10 milliseconds', NULL, 0
    FROM generate_series(1, $users, 20) AS u JOIN LATERAL (SELECT item_id FROM shop.item ORDER BY item_id OFFSET u % 1000 LIMIT 1) AS items ON true" >/dev/null
  say "The night after, when 5 % have acted"
  night "$1 kept" "$(query "SELECT to_char(timestamptz '$as_of' + interval '1 day', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')" -A -t)"
}

# night NAME AS_OF: runs it, and prints and keeps its steps.
night() {
  local status=0
  run_night "$state" --as-of "$2" "${settings[@]}" >"$state/night.log" 2>&1 || status=$?
  [ "$status" -eq 0 ] || { tail -n 20 "$state/night.log" >&2; die "the night ended with exit code $status; $state/night.log and $state/server.log say more"; }
  query "SELECT step, round(extract(epoch FROM finished - started)::numeric, 1) AS seconds, round(peak_memory_bytes / 1048576.0) AS peak_mib,
    round(bytes / 1048576.0) AS mib_written, rows, message FROM batchrec.run_step WHERE state = 'done' AND run_id = ($NEWEST_RUN) ORDER BY started"
  query "SELECT '$1' AS size, step, extract(epoch FROM finished - started), peak_memory_bytes, bytes, rows FROM batchrec.run_step WHERE state = 'done' AND run_id = ($NEWEST_RUN) ORDER BY started" -A -t -F, >>"$state/steps.csv"
  query "SELECT 'From the run''s start to published rows: ' || round(extract(epoch FROM finished - started)) || ' seconds' FROM batchrec.run WHERE run_id = ($NEWEST_RUN)" -A -t
}

# How each stage grows: its seconds a unit of its own work, as a multiple of the first size's. Events for extract, prepare and the trainings (a token each), users × items
# for the lists, users for publishing them.
growth() {
  say ""
  say "Seconds a unit of a stage's own work, as a multiple of the first size's"
  awk -F, '
    $1 ~ / / { next }
    {
      split($1, size, "/")
      unit["extract"] = unit["prepare"] = unit["train"] = unit["refit"] = size[3]
      unit["recommend"] = size[1] * size[2]
      unit["publish"] = size[1]
      if (!($2 in unit)) next
      cost = $3 / unit[$2]
      if (!($2 in first)) { first[$2] = cost; order[++steps] = $2 }
      if (!($1 in seen)) { seen[$1]; sizes[++count] = $1 }
      of[$2, $1] = cost / first[$2]
    }
    END {
      for (i = 1; i <= steps; i++) {
        printf "%-10s", order[i]
        for (j = 1; j <= count; j++) printf "  %s: %.2f", sizes[j], of[order[i], sizes[j]]
        print ""
      }
    }'
}

: >"$state/steps.csv"
for size in "${sizes[@]}"; do run_size "$size"; done
[ ${#sizes[@]} -eq 1 ] || growth <"$state/steps.csv"
