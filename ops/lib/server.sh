# shellcheck shell=bash
# A script's Hangfire server: started, waited for, stopped. Needs common.sh, dotnet.sh and postgres.sh.

# start_server FOLDER [SETTING…]: `batchrec serve` in the background, in a session of its own so that it outlives this shell;
# its log and process id stand in the folder. Returns when it serves.
start_server() {
  local folder=$1
  shift
  setsid "$BATCHREC" serve "$@" </dev/null >"$folder/server.log" 2>&1 &
  echo $! >"$folder/server.pid"
  for _ in {1..240}; do
    if grep -q '^Serving' "$folder/server.log"; then return; fi
    kill -0 "$(cat "$folder/server.pid")" 2>/dev/null || break
    sleep 0.25
  done
  tail -n 20 "$folder/server.log" >&2
  die "the server did not come up; its last lines stand above, all of them in $folder/server.log"
}

# A process id may have been given to another program since.
server_runs() {
  local pid
  pid=$(cat "$1/server.pid" 2>/dev/null) && [ -n "$pid" ] && { tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q 'batchrec serve'; } 2>/dev/null
}

# run_night FOLDER WORD…: `batchrec run WORD…`, given up when the server dies. NIGHT is its process id.
run_night() {
  local folder=$1
  shift
  "$BATCHREC" run --no-server "$@" &
  NIGHT=$!
  while kill -0 "$NIGHT" 2>/dev/null; do
    if ! server_runs "$folder"; then
      tail -n 20 "$folder/server.log" >&2
      die "the server ended in the middle of the run; its last lines stand above, all of them in $folder/server.log"
    fi
    sleep 0.5
  done
  wait "$NIGHT"
}

# stop_all FOLDER: the server, and the cluster that the file FOLDER/cluster names.
stop_all() {
  stop_server "$1"
  if [ -s "$1/cluster" ]; then stop_cluster "$(cat "$1/cluster")"; fi
}

# stop_server FOLDER: asks, waits as long as a step may take to write its checkpoint, then kills.
stop_server() {
  local folder=$1 pid
  if server_runs "$folder"; then
    pid=$(cat "$folder/server.pid")
    kill -TERM "$pid"
    for _ in {1..360}; do
      server_runs "$folder" || break
      sleep 0.25
    done
    # Its step's child process belongs to its session.
    if server_runs "$folder"; then kill -KILL -- "-$pid" 2>/dev/null || true; fi
  fi
  rm -f "$folder/server.pid"
}

# What of the shop's log is asked for: all of it, a second after its last event.
# shellcheck disable=SC2034 # Others read it.
AS_OF_LAST_EVENT="SELECT to_char(date_trunc('second', max(occurred_at) AT TIME ZONE 'UTC') + interval '1 second', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM shop.interaction"
