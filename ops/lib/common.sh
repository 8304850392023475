# shellcheck shell=bash
# What every script of this folder needs. Source it after ROOT is set to the checkout.

# Plain words on stderr, and the end.
die() {
  printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

say() { printf '%s\n' "$*"; }

is_root() { [ "$(id -u)" -eq 0 ]; }

# Whether as_root works without asking in vain.
can_be_root() { is_root || { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }; }

as_root() { if is_root; then "$@"; else sudo "$@"; fi; }

# install_packages PURPOSE PACKAGE…: by apt, as root or through sudo.
install_packages() {
  local purpose=$1 log
  shift
  command -v apt-get >/dev/null || die "$purpose is missing, and this is no Debian or Ubuntu. Install it, then run this again."
  can_be_root || die "$purpose is missing, and installing it takes root. Ask for: apt-get install $*"
  say "Installing $* ($purpose) …"
  log=$(mktemp)
  # A package list that is hours old often names versions that are gone.
  if ! { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    die "apt-get could not install $*; its last lines stand above."
  fi
  rm -f "$log"
}

# port_is_free PORT: nothing answers there.
port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port of this machine that nothing listens on; another process may still take it first.
free_port() {
  local port
  for _ in {1..100}; do
    port=$((20000 + RANDOM % 12000))
    if port_is_free "$port"; then
      echo "$port"
      return
    fi
  done
  die "no free port between 20000 and 32000 was found."
}
