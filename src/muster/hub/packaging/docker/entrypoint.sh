#!/bin/sh
# Starts the Muster agent in a container: claims it when it is not claimed yet, then runs it.
#
# MUSTER_CLAIM_TOKEN  the claim token; _TOKEN_FILE names a file that holds it (a secret)
# MUSTER_CLAIM_URL    the hub, in place of the addresses in the token
# MUSTER_CLAIM_ROOMS  rooms to join, of the token's own; comma-separated
# MUSTER_CLAIM_PROXY  none, env, http://user:pass@host:port or socks5://…, for the link as well
# Each has a _FILE form, and the names NETDATA_CLAIM_… are read where ours are not set.
# A claimed agent ignores all but the proxy: neither a kept token nor another one changes who
# it is. While the hub is away the claim is tried again; so it is when the container restarts.
# A token that is written for Netdata's agents (mnt1…) is taken as well, with a URL; the hub's root
# is then read from cloud.d/cloud_fullchain.pem in the agent's folder, or from SSL_CERT_FILE.
# Without a token nothing is sent: it waits until somebody claims it inside (docker exec).
# Where /var/lib/netdata is a volume and /var/lib/muster is none of ours, state lies there;
# where the machine's files are mounted below /host, its ids are read from them.
set -eu
umask 077

is_mounted() { # by whoever runs the container, and not just as the image's own volume
	awk -v place="$1" '$5 == place {
		name = $4
		sub(/\/_data$/, "", name)
		sub(/.*\//, "", name)
		if (length(name) != 64 || name ~ /[^0-9a-f]/) found = 1
	} END { exit !found }' "${MUSTER_MOUNTS:-/proc/self/mountinfo}" 2>/dev/null
}

if [ -z "${MUSTER_AGENT_DATA:-}" ] && is_mounted /var/lib/netdata && ! is_mounted /var/lib/muster; then
	MUSTER_AGENT_DATA=/var/lib/netdata/muster-agent
fi
DATA=${MUSTER_AGENT_DATA:-/var/lib/muster/agent}
export MUSTER_AGENT_DATA="$DATA" # what is run beside it means the same agent
if [ -z "${MUSTER_MACHINE:-}" ] && [ -e /host/etc/os-release ]; then
	export MUSTER_MACHINE=/host
fi
CONFIG=$DATA/container.toml
MUSTER=${MUSTER_PROGRAM:-muster}
TRIES=${MUSTER_CLAIM_TRIES:-0} # 0: until it is claimed
PAUSE=${MUSTER_CLAIM_PAUSE:-5} # seconds at first; doubled up to a minute

say() { printf 'muster: %s\n' "$*" >&2; }

is_claimed() { [ -e "$DATA/identity/node.json" ] || [ -s "$DATA/cloud.d/claimed_id" ]; }

given() { # TOKEN, URL, ROOMS or PROXY: by variable or file, ours before the other names
	for prefix in MUSTER_CLAIM NETDATA_CLAIM; do
		eval "text=\${${prefix}_$1:-} file=\${${prefix}_$1_FILE:-}"
		if [ -n "$text" ]; then
			printf %s "$text"
			return
		elif [ -n "$file" ]; then
			[ -r "$file" ] || {
				# A secret may be taken away once it has been used.
				! is_claimed || [ "$1" = PROXY ] || return 0
				say "${prefix}_$1_FILE names a file that cannot be read: $file"
				exit 1
			}
			tr -d '\r\n' <"$file"
			return
		fi
	done
}

warn_when_volatile() { # the place whose loss is the loss of this node
	"$MUSTER" agent where --data "$DATA" --json >/dev/null || {
		say "*******************************************************************************"
		say "WARNING: $DATA is on no named volume. When this container is removed its identity"
		say "will be lost, and a new container will be a new node. Mount a volume:"
		say "    --volume muster-agent:/var/lib/muster"
		say "*******************************************************************************"
	}
}

trap 'exit 143' TERM # process 1 hears only what it asks for
rest() { # seconds
	sleep "$1" &
	wait $!
}

if [ "${1:-}" = health ]; then
	exec "$MUSTER" agent status --data "$DATA" --json
fi
if [ $# -gt 0 ]; then # docker run IMAGE agent status …: any other command
	exec "$MUSTER" "$@"
fi

token=$(given TOKEN)
url=$(given URL)
rooms=$(given ROOMS)
proxy=$(given PROXY)
# What follows sees no token: not in its environment, not in its arguments.
unset MUSTER_CLAIM_TOKEN NETDATA_CLAIM_TOKEN MUSTER_CLAIM_PROXY NETDATA_CLAIM_PROXY

mkdir -p "$DATA" 2>/dev/null || {
	say "Failed to write new machine GUID. Please make sure you have rights to write to $DATA."
	say "It belongs to another user than $(id -u). Give it a folder there, once, with the container stopped:"
	say "    docker run --rm --user 0 --entrypoint sh --volume VOLUME:${DATA%/*} IMAGE \\"
	say "      -c 'chmod o+x ${DATA%/*} && install -d -o $(id -u) -g $(id -g) -m 700 $DATA'"
	exit 18
}
warn_when_volatile
case $proxy in
'') # what a claim inside has kept stays; what the variable had said goes with it
	grep -qs '^# of MUSTER_CLAIM_PROXY' "$CONFIG" && : >"$CONFIG"
	[ -e "$CONFIG" ] || : >"$CONFIG"
	;;
*[\"\\]*)
	say "MUSTER_CLAIM_PROXY holds a quote; write it as %22"
	exit 1
	;;
env) printf '# of MUSTER_CLAIM_PROXY\n[link]\nproxy = "environment"\n' >"$CONFIG" ;;
*) printf '# of MUSTER_CLAIM_PROXY\n[link]\nproxy = "%s"\n' "$proxy" >"$CONFIG" ;;
esac

is_theirs() { case $token in mnt1*) [ -n "$url" ] ;; *) false ;; esac; }

if ! is_claimed && is_theirs; then
	# Written for Netdata's agents: ours claims with it by itself, and forgets it then.
	mkdir -p "$DATA/cloud.d"
	chmod 770 "$DATA/cloud.d"
	printf '[global]\n  url = %s\n' "$url" >"$DATA/cloud.d/cloud.conf"
	printf %s "$rooms" >"$DATA/cloud.d/rooms"
	printf %s "$token" >"$DATA/cloud.d/token"
elif is_claimed; then
	[ -z "$token" ] || say "this agent is claimed already: the claim variables are ignored"
elif [ -z "$token" ]; then
	say "not claimed, and no token: set MUSTER_CLAIM_TOKEN or MUSTER_CLAIM_TOKEN_FILE"
	[ "$TRIES" -eq 0 ] || exit 30
	say "it sends nothing and waits to be claimed:"
	say "    docker exec -i CONTAINER muster agent claim --token-file - --data $DATA < token"
	until is_claimed; do rest 2; done
	say "claimed meanwhile"
else
	set -- agent claim --token-file - --data "$DATA" --config "$CONFIG"
	[ -z "$url" ] || set -- "$@" --url "$url"
	[ -z "$rooms" ] || set -- "$@" --rooms "$rooms"
	tried=0
	while :; do
		code=0
		printf '%s\n' "$token" | "$MUSTER" "$@" || code=$?
		tried=$((tried + 1))
		case $code in
		0)
			say "Node was successfully claimed."
			break
			;;
		20 | 33) # the hub is away, or an administrator has not decided yet
			[ "$TRIES" -eq 0 ] || [ "$tried" -lt "$TRIES" ] || exit "$code"
			say "claimed later: tried $tried time(s), again in $PAUSE s"
			rest "$PAUSE"
			PAUSE=$((PAUSE * 2 > 60 ? 60 : PAUSE * 2))
			;;
		*) exit "$code" ;;
		esac
	done
fi
unset token
exec "$MUSTER" agent run --data "$DATA" --config "$CONFIG"
