# shellcheck shell=bash
# The .NET SDK, and the program built once from this checkout. Needs common.sh.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Build servers would outlive the script.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false

# Puts the SDK onto the path.
need_dotnet() {
  local folder
  for folder in "" "${DOTNET_ROOT:-}" "$HOME/.dotnet" /usr/share/dotnet /usr/lib/dotnet; do
    if [ -n "$folder" ]; then
      [ -x "$folder/dotnet" ] || continue
      PATH=$folder:$PATH
      export PATH
    fi
    if command -v dotnet >/dev/null && dotnet --list-sdks | grep -q '^10\.'; then return; fi
  done
  die "the .NET 10 SDK is missing. Get it from https://dotnet.microsoft.com/download/dotnet/10.0, or without root:
  curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0
and run this again."
}

# TorchSharp's native library is made with GCC 13; Debian 12 has the C++ runtime of GCC 12, on which it doesn't load.
need_newer_cxx() {
  local runtime
  runtime=$(find /usr/lib /usr/lib64 -name libstdc++.so.6 -print -quit 2>/dev/null || true)
  [ -z "$runtime" ] || grep -qF GLIBCXX_3.4.32 "$runtime" ||
    die "TorchSharp needs the C++ runtime of GCC 13 or newer; $runtime is older. Debian 13 and Ubuntu 24.04 have it. BatchRec's own tensor layer does without."
}

BATCHREC=$ROOT/jobs/BatchRec.Jobs/bin/Release/net10.0/batchrec

# Builds the program unless it is newer than every source.
build_batchrec() {
  need_dotnet
  mkdir -p "$ROOT/.local"
  exec 9>"$ROOT/.local/build.lock"
  flock 9
  if ! is_built; then
    say "Building …" >&2
    local log=$ROOT/.local/build.log
    if ! dotnet build "$ROOT/jobs/BatchRec.Jobs" -c Release -v quiet >"$log" 2>&1; then
      grep -E 'error|warning' "$log" | sort -u | head -n 20 >&2
      die "the build failed; all of its output is in $log"
    fi
    touch "$ROOT/.local/build.stamp"
  fi
  exec 9>&-
}

# Folders count too: their time changes when a file in them goes.
is_built() {
  [ -x "$BATCHREC" ] && [ -e "$ROOT/.local/build.stamp" ] || return 1
  local changed
  changed=$(find "$ROOT/src" "$ROOT/jobs" "$ROOT/sql" "$ROOT"/*.props "$ROOT"/*.json \
    \( -name bin -o -name obj \) -prune -o -newer "$ROOT/.local/build.stamp" -print -quit)
  [ -z "$changed" ]
}
