#!/bin/sh
# Installs the Muster agent on @NAME@ and claims it: sudo sh install-on-@NAME@.sh
# Options are those of kickstart.sh (--help). It holds settings and a claim token that lets
# one machine in until @UNTIL@; no private key and no password: the machine makes
# its own key, and the key never leaves it.
set -eu
here=$(cat /proc/sys/kernel/hostname 2>/dev/null || hostname)
if [ "${here%%.*}" != '@SHORT_NAME@' ]; then
	echo "muster: this installer is for @NAME@, and this machine is $here" >&2
	exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077
cat >"$folder/token" <<'MUSTER_TOKEN'
@TOKEN@
MUSTER_TOKEN
cat >"$folder/agent.toml" <<'MUSTER_CONFIG'
@CONFIG@
MUSTER_CONFIG
cat >"$folder/kickstart.sh" <<'MUSTER_KICKSTART'
@KICKSTART@
MUSTER_KICKSTART
sh "$folder/kickstart.sh" --claim-token-file "$folder/token" --config "$folder/agent.toml"@OPTIONS@ "$@"
