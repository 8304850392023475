# shellcheck shell=bash
# A private PostgreSQL cluster, of one checkout and one purpose. Needs common.sh.
#
# A cluster is a folder: data/ (the server's), password, port. The server refuses to run as root; it then runs as the user
# postgres, who must be able to reach the folder.

# Installs PostgreSQL's server unless one is there.
need_postgres() {
  [ -n "$(postgres_bin)" ] && return
  # The package would start a cluster of its own on port 5432.
  local no_cluster=/etc/postgresql-common/createcluster.d/batchrec.conf
  if can_be_root; then
    as_root mkdir -p "$(dirname "$no_cluster")"
    echo 'create_main_cluster = false' | as_root tee "$no_cluster" >/dev/null
  fi
  install_packages "PostgreSQL's server" postgresql
  as_root rm -f "$no_cluster"
  [ -n "$(postgres_bin)" ] || die "PostgreSQL was installed, yet /usr/lib/postgresql has no initdb."
}

# The newest version's programs, or nothing.
postgres_bin() {
  local initdb newest=
  while IFS= read -r initdb; do
    [ -x "$initdb" ] && newest=$(dirname "$initdb")
  done < <(find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V)
  # Elsewhere than on Debian they are on the path, if anywhere.
  [ -n "$newest" ] || ! command -v initdb >/dev/null || newest=$(dirname "$(command -v initdb)")
  echo "$newest"
}

as_server() {
  if is_root; then
    (cd / && runuser -u postgres -- "$@")
  else
    "$@"
  fi
}

# cluster_folder WANTED: WANTED, or a place in /var/tmp when the server's user can't reach it.
cluster_folder() {
  local wanted=$1
  mkdir -p "$wanted"
  if ! is_root || as_server test -x "$wanted"; then
    echo "$wanted"
    return
  fi
  local other
  other=/var/tmp/batchrec-$(id -un)-$(printf %s "$wanted" | cksum | cut -d' ' -f1)
  [ -d "$other" ] || mkdir -m 711 "$other"
  [ -O "$other" ] || die "$other belongs to someone else. Remove it, or move the checkout to where the user postgres may go."
  echo "$other"
}

# start_cluster FOLDER: makes a new cluster in the place of an old one, starts it on a free port, sets PGHOST, PGPORT, PGUSER and PGPASSWORD.
start_cluster() {
  local folder=$1 bin
  bin=$(postgres_bin)
  stop_cluster "$folder"
  (
    umask 077
    head -c 24 /dev/urandom | base64 | tr -d '/+=' >"$folder/password"
  )
  make_cluster "$folder" "$bin"
  local port
  for _ in {1..5}; do
    port=$(free_port)
    # No socket: its folder would be one more place that other users may or may not reach. No fsync: the data can be made again.
    if as_server "$bin/pg_ctl" -D "$folder/data" -w -s -l "$folder/data/server.log" \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100 -c shared_buffers=256MB -c max_wal_size=2GB -c fsync=off -c synchronous_commit=off -c full_page_writes=off" \
      start </dev/null >/dev/null 2>&1; then
      echo "$port" >"$folder/port"
      export PGHOST=127.0.0.1 PGPORT=$port PGUSER=batchrec PGPASSWORD
      PGPASSWORD=$(cat "$folder/password")
      return
    fi
  done
  as_server tail -n 10 "$folder/data/server.log" >&2
  die "PostgreSQL did not start in $folder/data; its last lines stand above."
}

make_cluster() {
  local folder=$1 bin=$2 log=$1/initdb.log
  rm -rf "${folder:?}/data"
  mkdir "$folder/data"
  chmod 700 "$folder/data"
  install -m 600 "$folder/password" "$folder/initdb.password"
  if is_root; then chown postgres "$folder/data" "$folder/initdb.password"; fi
  local status=0
  as_server "$bin/initdb" -D "$folder/data" -U batchrec -A scram-sha-256 --pwfile="$folder/initdb.password" -E UTF8 --locale=C --no-sync >"$log" 2>&1 || status=$?
  rm -f "$folder/initdb.password"
  if [ "$status" -ne 0 ]; then
    tail -n 10 "$log" >&2
    die "initdb failed in $folder/data; its last lines stand above."
  fi
}

# stop_cluster FOLDER: stops its server if it runs; connections are cut.
stop_cluster() {
  local data=$1/data
  [ -e "$data/postmaster.pid" ] || return 0
  as_server "$(postgres_bin)/pg_ctl" -D "$data" -m fast -w -s stop >/dev/null 2>&1 || true
}
