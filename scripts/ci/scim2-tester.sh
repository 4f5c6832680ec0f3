#!/usr/bin/env bash
# Holds the SCIM server to scim2-tester, a suite of other people's (PyPI). Starts an instance on the embedded
# database and a free port, in a folder of its own, and leaves nothing behind. Needs Python 3.10 or later with venv.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
pid=
finish() {
  [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; } || true
  rm -rf "$work"
}
trap finish EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check -r scripts/ci/scim2-tester.pip

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export MUSTER_PORT=$port MUSTER_BASE_URL=http://127.0.0.1:$port MUSTER_DATA_DIR=$work/data MUSTER_WATCH_DIR=$work/watch
unset DATABASE_URL DATABASE_DIRECT_URL

npm run --silent build
node bin/muster.mjs serve >"$work/log" 2>&1 &
pid=$!
for _ in $(seq 150); do
  curl --fail --silent --output /dev/null "$MUSTER_BASE_URL/readyz" && break
  kill -0 "$pid" 2>/dev/null || { cat "$work/log"; exit 1; }
  sleep 0.2
done

# An ordinary client of SCIM: it sees the flags of groups, and may not write them.
token=$(node bin/muster.mjs client create scim2-tester --scopes scim.read,scim.write --json |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["token"])')
SCIM_TOKEN=$token "$work/venv/bin/python" scripts/ci/scim2-tester.py "$MUSTER_BASE_URL/scim/v2"
