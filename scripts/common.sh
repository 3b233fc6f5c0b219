# shellcheck shell=bash
# What the scripts share: messages, one place to act (or only say so), Node's location, system packages.
# Sourced, not run.

say() { printf '%s\n' "$*"; }
step() { printf '== %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# fail MESSAGE [CURE]...: what is wrong, then what to do, then the end.
fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  if [ $# -gt 0 ]; then printf '  %s\n' "$@" >&2; fi
  exit 1
}

# usage_error MESSAGE: wrong arguments end with status 2, as in the program itself.
usage_error() {
  printf 'error: %s\n  see: %s --help\n' "$1" "$0" >&2
  exit 2
}

# The comment at the top of a script is its help.
help_of() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$1"; }

# act WHAT COMMAND...: says what happens and does it; with DRY_RUN=1 only says it.
act() {
  local what=$1
  shift
  if [ "${DRY_RUN:-0}" = 1 ]; then
    say "would: $what"
    return 0
  fi
  say "$what"
  "$@"
}

need_node() {
  local node_cure=(
    'Debian 12, Ubuntu 22.04 and JetPack carry an older one. Node 20 as a package:'
    '  curl -fsSL https://deb.nodesource.com/setup_20.x | sudo bash - && sudo apt-get install -y nodejs'
    'or download it from https://nodejs.org/en/download and unpack it into /usr/local.'
  )
  if ! command -v node >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && [ -n "${SUDO_USER:-}" ]; then
      # shellcheck disable=SC2016
      fail 'node is not found by root.' 'If it is your own (nvm, fnm, volta), hand your PATH on:' \
        "  sudo env \"PATH=\$PATH\" $0"
    fi
    fail 'node is not found; Node 20 or newer is needed.' "${node_cure[@]}"
  fi
  local major
  major=$(node -p 'process.versions.node.split(".")[0]') || fail 'node does not run.' "${node_cure[@]}"
  [ "$major" -ge 20 ] || fail "Node $(node --version) is too old; 20 or newer is needed." "${node_cure[@]}"
}

# missing_packages NAME...: those that are not installed, one a line.
missing_packages() {
  local package
  for package in "$@"; do
    # shellcheck disable=SC2016
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || printf '%s\n' "$package"
  done
}

# Runs apt-get as root; its output is shown only when it fails.
apt() {
  local output as_root=()
  output=$(mktemp)
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  if "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q "$@" >"$output" 2>&1; then
    rm -f "$output"
    return 0
  fi
  tail -n 20 "$output" >&2
  local cure='read the lines above; then run this again'
  if grep -qiE 'could not get lock|is another process using it' "$output"; then
    cure='another program is installing packages: wait for it to end, then run this again'
  elif grep -qiE 'temporary failure resolving|could not resolve|failed to fetch|unable to connect|connection timed out|network is unreachable' "$output"; then
    cure='the package servers cannot be reached: check network, DNS and proxy (http_proxy), then run this again'
  elif grep -qiE 'unable to locate package|no installation candidate' "$output"; then
    cure='a package is unknown: on Ubuntu enable universe (sudo add-apt-repository universe), then run this again'
  elif grep -qiE 'no space left' "$output"; then
    cure='the disk is full: make room, then run this again'
  fi
  rm -f "$output"
  fail "apt-get $1 failed." "$cure"
}
