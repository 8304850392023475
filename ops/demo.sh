#!/usr/bin/env bash
# The whole night, from a clean checkout: a private PostgreSQL, a shop's log, and Hangfire running
# extract → prepare → train → evaluate → gate → refit → recommend → publish.
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
  cat <<'END'
ops/demo.sh                                a synthetic shop of 2,000 customers and 200,000 events
ops/demo.sh --data online-retail PATH      the same night on a real log; also ml-1m, ml-100k and csv
                                           (PATH as for `batchrec import`: the file, or the data set's folder)
ops/demo.sh … --serve                      leaves the server and its dashboard up, and says where
ops/demo.sh --stop                         stops what --serve has left up
ops/demo.sh … -- --Train:MaxEpochs=100     what follows -- is handed to the server and the run: settings of appsettings.json
                                           (the demo trains for a minute at most: 8 epochs on windows of 64 events)

Everything it makes stands below .local/demo of this checkout and is made anew by the next demo.
Exit codes: 0 published, 3 refused by the gate, 1 anything else.
END
}

data=synthetic path='' serve=no stop=no settings=()
while [ $# -gt 0 ]; do
  case $1 in
    --data)
      if [ $# -lt 3 ]; then
        usage >&2
        say "--data takes a layout and a path, as in: ops/demo.sh --data csv log.csv" >&2
        exit 2
      fi
      # Before anything of the demo before is lost.
      [ -e "$3" ] || die "$3: there is no such file or folder. Correct the path after --data $2."
      data=$2 path=$(realpath "$3")
      shift 2
      ;;
    --serve) serve=yes ;;
    --stop) stop=yes ;;
    --help | -h) usage; exit 0 ;;
    --)
      shift
      settings=("$@")
      break
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
  shift
done

umask 022
state=$ROOT/.local/demo
mkdir -p "$state"
cd "$ROOT"

# One demo a checkout at a time; the one before may have been left up, or killed.
exec 8>"$state/lock"
flock -n 8 || die "another demo is at work in this checkout. Wait for it, or use another checkout."
if [ "$stop" = yes ]; then
  stop_all "$state"
  say "Stopped."
  exit
fi

need_postgres
[ -e /usr/share/zoneinfo/Europe/London ] || install_packages "The time zones" tzdata
build_batchrec
started=$SECONDS
stop_all "$state"

# shellcheck disable=SC2317 # The traps call it.
finish() {
  local status=$?
  [ -z "${NIGHT:-}" ] || kill "$NIGHT" 2>/dev/null || true
  trap - EXIT INT TERM
  if [ "$serve" = no ] || { [ "$status" -ne 0 ] && [ "$status" -ne 3 ]; }; then stop_all "$state"; fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

rm -rf "$state/artefacts"
cluster=$(cluster_folder "$state/cluster.d")
echo "$cluster" >"$state/cluster"
# What stays up must not hold the lock.
start_cluster "$cluster" 8>&-
query() { "$(postgres_bin)/psql" -X -q -A -t -F '  ' -v ON_ERROR_STOP=1 -d "$1" -c "$2"; }
query postgres 'CREATE DATABASE shop' >/dev/null
say "PostgreSQL runs on port $PGPORT with its data in $cluster/data."

export ConnectionStrings__Source="Host=127.0.0.1;Port=$PGPORT;Database=shop;Username=$PGUSER;Password=$PGPASSWORD"
unset ConnectionStrings__Results ConnectionStrings__Hangfire
# A short training shows the whole night in minutes. What the environment says counts more.
export BATCHREC_Train__MaxEpochs=${BATCHREC_Train__MaxEpochs:-8} BATCHREC_Train__MaxMinutes=${BATCHREC_Train__MaxMinutes:-1}
export BATCHREC_Train__MaxLength=${BATCHREC_Train__MaxLength:-64} BATCHREC_Train__BatchSize=${BATCHREC_Train__BatchSize:-32}
# The demo works in a checkout whose own queries read another database, too.
export BATCHREC_Source__SqlFolder=$ROOT/ops/demo/source
export BATCHREC_Artefacts__Folder=$state/artefacts BATCHREC_Dashboard__Url
BATCHREC_Dashboard__Url=http://127.0.0.1:$(free_port)

"$BATCHREC" migrate
if [ "$data" = synthetic ]; then
  "$BATCHREC" generate --events 200000
else
  "$BATCHREC" import "$data" "$path"
fi
as_of=$(query shop "$AS_OF_LAST_EVENT")

start_server "$state" "${settings[@]}" 8>&-
status=0
run_night "$state" --as-of "$as_of" "${settings[@]}" || status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 3 ] || die "the run failed (exit code $status). The server's log: $state/server.log"

say ""
"$BATCHREC" status
say ""
"$BATCHREC" evaluate || say "(batchrec evaluate: exit code $?)"

if [ "$status" -eq 0 ]; then
  user=$(query shop "SELECT user_id FROM shop.interaction GROUP BY user_id ORDER BY abs(count(*) - 30), user_id LIMIT 1")
  say ""
  say "The last of customer $user:"
  query shop "SELECT to_char(occurred_at, 'YYYY-MM-DD HH24:MI'), event_type, item_id, coalesce(title, '') FROM shop.interaction JOIN shop.item USING (item_id)
    WHERE user_id::text = '$user' ORDER BY occurred_at DESC, position DESC LIMIT 5"
  say ""
  "$BATCHREC" recommend "$user"
fi

say ""
say "From an empty database to here: $((SECONDS - started)) seconds."
if [ "$serve" = yes ]; then
  say "The dashboard: $BATCHREC_Dashboard__Url/hangfire, the tables: PGPASSWORD=$PGPASSWORD psql -h 127.0.0.1 -p $PGPORT -U $PGUSER shop"
  say "For ops/batchrec status, recommend, why, plan and the like in this shell:"
  for name in ConnectionStrings__Source BATCHREC_Source__SqlFolder BATCHREC_Artefacts__Folder; do say "  export $name='${!name:-}'"; done
  say "The server and PostgreSQL stay up until: ops/demo.sh --stop"
fi
exit "$status"
