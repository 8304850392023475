#!/usr/bin/env bash
# Logs that are hard on a night, each after an ordinary one: what came of it, seconds and peak memory of every step, and whether the live tables are as they were.
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
ops/hardships.sh                    all of them
ops/hardships.sh NAME …             one-item       half of 10 M events are of one item
                                    long-history   one user has 10 M events
                                    long-day       a day has 30 M events
                                    long-ids       5 M events; ids are texts of 200 characters
                                    small-memory   20 M events; the server and its steps have 1 GiB
                                    full-disk      10 M events; the artefacts' disk fills half-way, then somebody makes it larger
ops/hardships.sh --percent 1 …      with so much of the events
ops/hardships.sh … -- --KEY=VALUE   what follows -- is handed to the server and the run: settings of appsettings.json

Models are trained for an epoch and small: how good they are is no matter here. It exits with 1 where the live tables of a night that failed are not as they
were. Everything it makes stands below .local/hardships of this checkout. small-memory and full-disk take root.
END_OF_USAGE
}

names=() settings=() percent=100
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --percent) percent=$2; shift ;;
    --) shift; settings=("$@"); break ;;
    one-item | long-history | long-day | long-ids | small-memory | full-disk) names+=("$1") ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done
[ ${#names[@]} -gt 0 ] || names=(one-item long-history long-day long-ids small-memory full-disk)

umask 022
state=$ROOT/.local/hardships
mkdir -p "$state"
cd "$ROOT"
exec 8>"$state/lock"
flock -n 8 || die "another run of the hardships is at work in this checkout."
need_postgres
build_batchrec

# shellcheck disable=SC2317 # The traps call it.
finish() {
  local status=$?
  [ -z "${NIGHT:-}" ] || kill "$NIGHT" 2>/dev/null || true
  trap - EXIT INT TERM
  stop_all "$state"
  clear_artefacts
  if [ -n "${GROUP:-}" ]; then rmdir "$GROUP" 2>/dev/null || true; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

clear_artefacts() {
  if mountpoint -q "$state/artefacts"; then umount "$state/artefacts"; fi
  rm -rf "$state/artefacts"
}

# sql FILE [psql's words]: a file of ops/hardships in the hardship's database.
sql() { "$(postgres_bin)/psql" -X -q -v ON_ERROR_STOP=1 -v until="$UNTIL" -v events="${EVENTS:-0}" -d "$DATABASE" -f "$ROOT/ops/hardships/$1.sql" "${@:2}"; }

# in_memory MIB COMMAND…: with so much memory for all the processes that it starts, page cache included.
in_memory() {
  local own
  is_root || die "limiting the memory of processes takes root."
  if own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup) && [ -n "$own" ]; then
    GROUP=/sys/fs/cgroup/memory$own/batchrec-hardships
    mkdir -p "$GROUP"
    echo $(($1 << 20)) >"$GROUP/memory.limit_in_bytes"
  else
    GROUP=/sys/fs/cgroup/batchrec-hardships
    mkdir -p "$GROUP"
    echo $(($1 << 20)) >"$GROUP/memory.max"
  fi
  # The shell itself goes into the group for as long as the command takes: what it starts stays there.
  echo $BASHPID >"$GROUP/cgroup.procs"
  "${@:2}"
  echo $BASHPID >"$(dirname "$GROUP")/cgroup.procs"
}

# night: prints the steps and what came of them.
night() {
  local status=0 before after
  before=$(live)
  run_night "$state" --full --as-of "${UNTIL// /T}Z" "${settings[@]}" >"$state/night.log" 2>&1 || status=$?
  NIGHT=
  sql steps
  after=$(live)
  if [ "$status" -eq 0 ]; then
    say "Published; what is live (run, users, sum of all rows): $after"
  elif [ "$before" = "$after" ]; then
    say "Exit code $status; the live tables are as they were: $after"
  else
    say "Exit code $status, AND THE LIVE TABLES HAVE CHANGED: $before before, $after now"
    FAILED=1
  fi
}

live() { sql live -A -t 2>/dev/null || echo nothing; }

serve() { start_server "$state" "${settings[@]}" 8>&-; }

# one_hardship NAME: an ordinary night, then the hard log, then its night or nights.
one_hardship() {
  local name=$1 log=$1 id_type=bigint id_of=n million=10
  case $name in
    long-day) million=30 ;;
    long-ids) log=many-events id_type=text id_of="lpad(n::text, 200, 'an-id-of-two-hundred-characters/')" million=5 ;;
    small-memory) log=many-events million=20 ;;
    full-disk) log=many-events ;;
  esac
  DATABASE=${name//-/_} EVENTS=$((million * 10000 * percent)) UNTIL='2025-06-30 00:00:00'
  say ""
  say "$name: $EVENTS events"
  stop_server "$state"
  clear_artefacts
  mkdir "$state/artefacts"
  if [ "$name" = full-disk ]; then mount -t tmpfs -o size=64m tmpfs "$state/artefacts"; fi
  "$(postgres_bin)/psql" -X -q -d postgres -c "CREATE DATABASE $DATABASE"
  export ConnectionStrings__Source="Host=127.0.0.1;Port=$PGPORT;Database=$DATABASE;Username=$PGUSER;Password=$PGPASSWORD" BATCHREC_Dashboard__Url
  BATCHREC_Dashboard__Url=http://127.0.0.1:$(free_port)
  sql shop -v id_type="$id_type" -v id_of="$id_of" >/dev/null
  sql finish
  "$BATCHREC" migrate >/dev/null
  if [ "$name" = small-memory ]; then in_memory 1024 serve; else serve; fi
  say "An ordinary night first"
  night

  local started=$SECONDS
  sql begin
  sql "$log"
  sql finish
  say "The hard one, whose log took $((SECONDS - started)) seconds to make"
  night
  if [ "$name" = full-disk ]; then
    for mebibytes in 192 2048; do
      mount -o "remount,size=${mebibytes}m" "$state/artefacts"
      say "The same with $mebibytes MiB of disk"
      night
    done
  fi
  stop_server "$state"
  "$(postgres_bin)/psql" -X -q -d postgres -c "DROP DATABASE $DATABASE"
}

export BATCHREC_Train__Loss=sampled BATCHREC_Train__Negatives=128 BATCHREC_Train__MaxEpochs=1 BATCHREC_Train__Dimensions=16 BATCHREC_Train__FeedForwardDimensions=32
export BATCHREC_Train__Layers=1 BATCHREC_Train__Heads=1 BATCHREC_Train__MaxLength=48 BATCHREC_Train__BatchSize=512 BATCHREC_Evaluate__DenseItems=2000
export BATCHREC_Evaluate__MaxCases=2000 BATCHREC_Blend__MaxCases=1000 BATCHREC_Recommend__TopN=20 BATCHREC_Recommend__Because=0 BATCHREC_Hangfire__Retries=0 BATCHREC_Schedule__Enabled=false
# Of the repository itself: sql/source may have been made the user's own.
export BATCHREC_Source__SqlFolder=$ROOT/ops/demo/source BATCHREC_Artefacts__Folder=$state/artefacts
unset ConnectionStrings__Results ConnectionStrings__Hangfire
export PGOPTIONS='-c client_min_messages=warning'

cluster=$(cluster_folder "$state/cluster.d")
echo "$cluster" >"$state/cluster"
start_cluster "$cluster" 8>&-
FAILED=0
for name in "${names[@]}"; do one_hardship "$name"; done
exit "$FAILED"
