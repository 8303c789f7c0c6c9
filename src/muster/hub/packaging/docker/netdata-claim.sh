#!/bin/sh
# Claims the agent of this container, by the options of a script that many know:
#   docker exec CONTAINER netdata-claim.sh -token=TOKEN -rooms=ROOM1,ROOM2 -url=https://HUB:PORT
# It only translates: muster agent claim does the work, and its exit codes are this script's,
# but for 10 (a room that is not there) and 13 (claimed already). A token that is none of Muster's
# own (mst1…) goes to muster agent netdata-claim, which takes all of these words as they are.
set -eu

MUSTER=${MUSTER_PROGRAM:-muster}
TOKEN='' TOKEN_FILE=''
DATA=${MUSTER_AGENT_DATA:-/var/lib/muster/agent}
if [ -z "${MUSTER_AGENT_DATA:-}" ] && [ -d /var/lib/netdata/muster-agent ]; then
	DATA=/var/lib/netdata/muster-agent
fi

# A token that is written for Netdata's agents, or none: then cloud.d/token has it.
is_native() {
	for word in "$@"; do
		case $word in -token=mst1* | -token-file=* | --claim-token=mst1*) return 0 ;; esac
	done
	for word in "$@"; do
		case $word in -token=?* | --claim-token | --claim-token=?*) return 1 ;; esac
	done
	[ ! -s "$DATA/cloud.d/token" ]
}
is_native "$@" || exec "$MUSTER" agent netdata-claim "$@" --data "$DATA"

say() { printf 'muster: %s\n' "$*" >&2; }
fail() {
	code=$1
	shift
	say "$@"
	exit "$code"
}

first=yes
for word in "$@"; do
	[ -z "$first" ] || set -- agent claim --data "$DATA" --config "$DATA/container.toml"
	first=''
	value=${word#*=}
	case $word in
	-token=* | --claim-token=*) TOKEN=$value
		say "warning: other processes can read a token in an argument; use -token-file=FILE" ;;
	-token-file=*) TOKEN_FILE=$value ;;
	-rooms=* | --claim-rooms=*) [ -z "$value" ] || set -- "$@" --rooms "$value" ;;
	-url=* | --claim-url=*) [ -z "$value" ] || set -- "$@" --url "$value" ;;
	-id=* | --claim-id=*) set -- "$@" --id "$value" ;;
	-proxy=* | --claim-proxy=*) export MUSTER_CLAIM_PROXY="$value" # not passed on as an argument
		case $value in *@*) say "warning: other processes can read a password in an argument; set MUSTER_CLAIM_PROXY" ;; esac ;;
	-noproxy) set -- "$@" --proxy none ;;
	-noreload | -verbose | -daemon-not-running | -user=* | -hostname=*) ;; # nothing to do here
	-insecure) fail 1 "-insecure is not taken: the hub is always verified, by the pins in the token" ;;
	*) fail 1 "unknown option: ${word%%=*}" ;;
	esac
done
[ -z "$first" ] || set -- agent claim --data "$DATA" --config "$DATA/container.toml"
[ -z "$TOKEN_FILE" ] || TOKEN=$(cat "$TOKEN_FILE")
[ -n "$TOKEN" ] || fail 28 "no token: -token=TOKEN, or better -token-file=FILE, which no other process can read"
[ ! -e "$DATA/identity/node.json" ] || fail 13 "this agent is claimed already; muster agent unclaim frees it"
[ -e "$DATA/container.toml" ] || {
	mkdir -p "$DATA"
	: >"$DATA/container.toml"
}
code=0
printf '%s\n' "$TOKEN" | "$MUSTER" "$@" --token-file - || code=$?
case $code in
0) say "Node was successfully claimed." ;;
25) exit 13 ;;
41) exit 10 ;;
*) exit "$code" ;;
esac
