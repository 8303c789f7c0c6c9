#!/bin/sh
# Installs the Muster agent of one hub, claims this machine for it, and starts the agent.
#
# The command that fetched this script compared it with a digest that the hub had shown; the
# digests below bind all that it fetches in turn. So nothing is run that the hub did not
# make, whoever stands in between. The hub itself is known by the token's pins.
set -eu
umask 022

VERSION='@VERSION@'
# Python, machine, C library, its least version, file, size, SHA-256. "any": brings its Python.
FILES='@FILES@'

PREFIX=/opt/muster
USER_WANTED=muster
TOKEN=${MUSTER_CLAIM_TOKEN:-}
PROXY=${MUSTER_CLAIM_PROXY:-}
unset MUSTER_CLAIM_TOKEN MUSTER_CLAIM_PROXY
TOKEN_FILE='' ROOMS='' URL='' PROXY_FILE='' PROXY_GIVEN='' CLAIM_ID='' FROM='' CONFIG='' WAIT=''
START=yes CLOUD=default ACTION=install DRY='' PURGE='' TOKEN_IN_ARGUMENTS='' PREFIX_GIVEN='' STANDALONE='' SMART=''

say() { printf 'muster: %s\n' "$*" >&2; }
fail() { # code, text
	code=$1
	shift
	say "$@"
	exit "$code"
}
has() { command -v "$1" >/dev/null 2>&1; }

usage() {
	cat <<'HELP'
usage: sh kickstart.sh [options]

Installs the Muster agent into a folder of its own, with a user and a service of its own.
A second run changes nothing that is right already. Without root it needs --install-prefix
with a folder of yours, and starts no service.

  --claim-token-file FILE  the claim token; - for standard input. Or set MUSTER_CLAIM_TOKEN
  --claim-token TOKEN      the same as an argument, which every user here can read
  --claim-url URL          where the hub is, in place of the token's own addresses
  --claim-rooms R1,R2      the rooms to join, of those that the token allows
  --claim-proxy URL        none, env, http://host:port or socks5://…; kept for the link
  --claim-proxy-file FILE  the same, for one with a password. Or set MUSTER_CLAIM_PROXY
  --claim-id UUID          the id to ask for
  --claim-wait TIME        how long to wait for an administrator's approval (1h)
  --install-prefix DIR     where to install (default /opt/muster); also --install DIR
  --config FILE            settings of the agent (TOML) to install
  --from DIR               take the files from a folder, not from the hub
  --smart                  with systemd: also the helper that asks disks for their health
  --standalone             install the build that brings its own Python
  --dont-start             install and claim, and start nothing
  --disable-cloud          install only: this machine is not claimed, now or later
  --require-cloud          fail when the installed agent could not hold a link
  --uninstall              stop and remove agent and service; its data stays
  --purge                  with --uninstall: identity, data and user too
  --dry-run                say what would be done
  --help                   this text

Exit codes: 0 done or nothing to do; 1 wrong options, or a tool is missing; 2 installed by
other means; 3 link disabled or not possible; 4 download failed; 5 a file is not what the hub
made; 6 wrong user; 9 no build for this machine; 10 a room is not there, or not for the token;
18 the state folder cannot be written; 20 and more as of `muster agent claim` (muster --exits),
of which 33: it waits for approval.
HELP
}

value() { # option, number of words left
	[ "$2" -ge 2 ] || fail 1 "$1 needs a value; see --help"
}

while [ $# -gt 0 ]; do
	case $1 in
	--*=*)
		option=${1%%=*}
		rest=${1#*=}
		shift
		set -- "$option" "$rest" "$@"
		continue
		;;
	--claim-token) value "$1" $#; TOKEN=$2 TOKEN_IN_ARGUMENTS=yes; shift ;;
	--claim-token-file) value "$1" $#; TOKEN_FILE=$2; shift ;;
	--claim-rooms) value "$1" $#; ROOMS=$2; shift ;;
	--claim-url) value "$1" $#; URL=${2%/}; shift ;;
	--claim-proxy) value "$1" $#; PROXY=$2 PROXY_GIVEN=$2; shift ;;
	--claim-proxy-file) value "$1" $#; PROXY_FILE=$2; shift ;;
	--claim-id) value "$1" $#; CLAIM_ID=$2; shift ;;
	--claim-wait) value "$1" $#; WAIT=$2; shift ;;
	--install | --install-prefix) value "$1" $#; PREFIX=${2%/} PREFIX_GIVEN=yes; shift ;;
	--config) value "$1" $#; CONFIG=$2; shift ;;
	--from) value "$1" $#; FROM=$2; shift ;;
	--dont-start | --no-start) START='' ;;
	--smart) SMART=yes ;;
	--standalone | --static-only) STANDALONE=yes ;;
	--disable-cloud) CLOUD=disable ;;
	--require-cloud) CLOUD=require ;;
	--uninstall) ACTION=uninstall ;;
	--purge) PURGE=yes ;;
	--dry-run) DRY=yes ;;
	--non-interactive | --dont-wait) ;; # it never asks
	--help | -h) usage; exit 0 ;;
	*) fail 1 "unknown option: $1; see --help" ;;
	esac
	shift
done

case $PREFIX in
/?*) ;;
*) fail 1 "--install-prefix takes a whole path, not '$PREFIX'" ;;
esac
case $PREFIX in
*[!A-Za-z0-9._/-]*) fail 1 "--install-prefix may hold letters, digits and . _ - / alone: '$PREFIX'" ;;
esac
# `--install /usr/local/` names a shared folder: ours is one in it.
case $PREFIX in
/usr | /usr/local | /opt | /srv | /home | /var) PREFIX=$PREFIX/muster ;;
esac
[ -z "$TOKEN_IN_ARGUMENTS" ] ||
	say "warning: every user of this machine can read a token in an argument; use --claim-token-file"
case $URL in
'' | https://?*) ;;
*://*) fail 1 "--claim-url is https://host:port, not $URL" ;;
*) URL=https://$URL ;;
esac
case $PROXY_GIVEN in
*@*) say "warning: every user of this machine can read a password in an argument; use --claim-proxy-file or MUSTER_CLAIM_PROXY" ;;
esac
[ -z "$PROXY_FILE" ] || {
	[ -r "$PROXY_FILE" ] || fail 1 "the proxy's file cannot be read: $PROXY_FILE"
	PROXY=$(head -n 1 "$PROXY_FILE" | head -c 2048)
}
case $PROXY in
*[\"\\]*) fail 1 "the proxy holds a quote; write it as %22" ;;
esac
[ -z "$SMART" ] || [ "$(id -u)" -eq 0 ] || fail 1 "--smart takes root"
[ -z "$PURGE" ] || [ "$ACTION" = uninstall ] || fail 1 "--purge goes with --uninstall"

MARKER=$PREFIX/.muster-install
ME=$(id -u)
if [ "$ME" -eq 0 ]; then
	AGENT_USER=$USER_WANTED
else
	AGENT_USER=$(id -un)
fi
if [ "$PREFIX" = /opt/muster ]; then
	DATA=/var/lib/muster/agent
else
	DATA=$PREFIX/var/agent
fi
case $(uname -s) in
Linux) SYSTEM=linux ;;
Darwin) SYSTEM=darwin ;;
*) fail 9 "this installer knows Linux and macOS, not $(uname -s)" ;;
esac

# Which service manager runs here; without root none is touched.
init_system() {
	if [ "$ME" -ne 0 ]; then
		echo none
	elif [ "$SYSTEM" = darwin ]; then
		echo launchd
	elif [ -d /run/systemd/system ] && has systemctl; then
		echo systemd
	elif [ -x /sbin/openrc-run ] && has rc-update; then
		echo openrc
	else
		echo none
	fi
}
INIT=$(init_system)

TEMPORARY=''
# shellcheck disable=SC2329 # the trap calls it
clean() {
	[ -z "$TEMPORARY" ] || rm -rf "$TEMPORARY"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

systemd_unit() {
	cat <<'UNIT'
@include systemd/muster-agent.service
UNIT
}

smart_socket() {
	cat <<'UNIT'
@include systemd/muster-smart.socket
UNIT
}

smart_service() {
	cat <<'UNIT'
@include systemd/muster-smart@.service
UNIT
}

openrc_script() {
	cat <<'UNIT'
@include openrc/muster-agent
UNIT
}

launchd_plist() {
	cat <<'UNIT'
@include launchd/local.muster.agent.plist
UNIT
}

filled() { # a template, with the places of this install
	sed -e "s|@PREFIX@|$PREFIX|g" -e "s|@DATA@|$DATA|g" -e "s|@USER@|$AGENT_USER|g" \
		-e "s|@GROUP@|$(id -gn "$AGENT_USER")|g"
}

is_claimed() { [ -e "$DATA/identity/node.json" ]; }
noted() { [ ! -f "$MARKER" ] || sed -n "s/^$1=//p" "$MARKER"; }

uninstall() {
	if [ ! -f "$MARKER" ]; then
		say "nothing to do: there is no installation of this script in $PREFIX"
		exit 0
	fi
	owner_only
	[ -z "$DRY" ] || {
		say "would remove the service, $PREFIX${PURGE:+, $DATA and the user $AGENT_USER}"
		exit 0
	}
	made=$(noted made_user)
	case $INIT in
	systemd)
		systemctl disable --now muster-agent.service muster-smart.socket >/dev/null 2>&1 || true
		rm -f /etc/systemd/system/muster-agent.service /etc/systemd/system/muster-smart.socket \
			/etc/systemd/system/muster-smart@.service
		systemctl daemon-reload
		;;
	openrc)
		rc-service muster-agent stop >/dev/null 2>&1 || true
		rc-update del muster-agent >/dev/null 2>&1 || true
		rm -f /etc/init.d/muster-agent
		;;
	launchd)
		launchctl bootout system/local.muster.agent 2>/dev/null || true
		rm -f /Library/LaunchDaemons/local.muster.agent.plist
		;;
	esac
	if [ "$(readlink /usr/local/bin/muster 2>/dev/null)" = "$PREFIX/bin/muster" ]; then
		rm -f /usr/local/bin/muster
	fi
	rm -rf "${PREFIX:?}/versions" "${PREFIX:?}/current" "${PREFIX:?}/bin" "${PREFIX:?}/etc" "$MARKER"
	if [ -n "$PURGE" ]; then
		rm -rf "$DATA"
		[ -z "$made" ] || userdel "$AGENT_USER" 2>/dev/null || deluser "$AGENT_USER" 2>/dev/null || true
	fi
	rmdir "$PREFIX/var" "$PREFIX" 2>/dev/null || true
	say "the agent is removed${PURGE:+, with its data}; the hub lists the node until you remove it there"
	[ -n "$PURGE" ] || [ ! -d "$DATA" ] || say "identity and data stay in $DATA; --purge removes them too"
	exit 0
}

owner_only() { # an existing folder belongs to who runs this, or to root
	[ -e "$PREFIX" ] && [ "$ME" -ne 0 ] || return 0
	# shellcheck disable=SC2012 # a folder's owner by number, and stat has no portable form
	owner=$(ls -nd "$PREFIX" | awk '{ print $3 }')
	[ "$owner" -eq "$ME" ] || [ "$AGENT_USER" = "$(noted user)" ] || fail 6 "$PREFIX belongs to another user (uid $owner): run this as root or as that user"
}

foreign_install() { # somebody else's muster must not be overwritten, nor run twice
	[ ! -f "$MARKER" ] || return 1
	[ -z "$PREFIX_GIVEN" ] || return 1
	for place in /usr/bin/muster /usr/local/bin/muster /usr/sbin/muster; do
		[ -e "$place" ] || continue
		case $(readlink "$place" || true) in
		"$PREFIX"/*) ;;
		*) return 0 ;;
		esac
	done
	has dpkg-query && dpkg-query -W -f='${Status}' muster-agent 2>/dev/null | grep -q '^install ok' && return 0
	has rpm && rpm -q muster-agent >/dev/null 2>&1 && return 0
	has apk && apk info -e muster-agent >/dev/null 2>&1 && return 0
	return 1
}

sha256_of() {
	if has sha256sum; then
		sha256sum "$1"
	elif has shasum; then
		shasum -a 256 "$1"
	elif has openssl; then
		openssl dgst -sha256 -r "$1"
	else
		fail 1 "none of sha256sum, shasum and openssl is here: install coreutils"
	fi | cut -d' ' -f1
}

token_addresses() { # the hub's addresses stand in the token: base64url, comma-separated
	text=$(printf %s "$TOKEN" | cut -d. -f5 | tr -- '-_' '+/')
	while [ $((${#text} % 4)) -ne 0 ]; do text=$text=; done
	{
		if has base64; then
			printf %s "$text" | base64 -d
		elif has openssl; then
			printf %s "$text" | openssl base64 -d -A
		fi
	} 2>/dev/null | tr , '\n'
}

proxy_for_fetch() {
	case $PROXY in
	'' | env | environment) echo '' ;;
	none) echo none ;;
	*) echo "$PROXY" ;;
	esac
}

download() { # URL, file, greatest size
	way=$(proxy_for_fetch)
	if has curl; then
		# By standard input: a proxy's password in an argument is seen by all.
		{
			case $way in
			'') ;;
			none) echo 'noproxy = "*"' ;;
			*) printf 'proxy = "%s"\n' "$way" ;;
			esac
		} | curl -K - -fsSk --connect-timeout 15 --max-time 900 --max-filesize "$3" -o "$2" "$1"
	elif has wget; then
		case $way in
		socks*) fail 1 "wget cannot use a SOCKS proxy: install curl" ;;
		none) https_proxy='' HTTPS_PROXY='' wget -q -T 30 --no-check-certificate -O "$2" "$1" ;;
		'') wget -q -T 30 --no-check-certificate -O "$2" "$1" ;;
		*) https_proxy=$way wget -q -T 30 --no-check-certificate -O "$2" "$1" ;;
		esac
	else
		fail 1 "neither curl nor wget is here: install one of them"
	fi
}

fetch() { # name, size, digest: into $TEMPORARY
	fetched=$TEMPORARY/$1
	if [ -n "$FROM" ]; then
		[ -f "$FROM/$1" ] || fail 4 "$FROM holds no $1"
		cp "$FROM/$1" "$fetched"
	else
		got=''
		for base in $BASES; do
			if download "$base/install/files/$1" "$fetched" "$2"; then
				got=yes
				break
			fi
		done
		[ -n "$got" ] || fail 4 "cannot fetch $1 from $(echo "$BASES" | tr '\n' ' '): name, network, proxy or port?"
	fi
	found=$(sha256_of "$fetched")
	[ "$found" = "$3" ] || fail 5 "$1 is not what the hub made: SHA-256 $found, not $3. \
Was the hub renewed since the command was made? Then make a new one; nothing was installed"
}

# Says its version, as a user without rights where this is root: an interpreter in root's own
# home is none for the agent's user.
# shellcheck disable=SC2016 # Python's own
ASK_PYTHON='
import os, sys
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
ask = "import sys, venv, zipfile; print(\"%d.%d\" % sys.version_info[:2])"
os.execv(os.path.realpath(sys.executable), [sys.executable, "-I", "-c", ask])'

find_python() { # the newest Python that the hub has files for
	for name in python3.14 python3.13 python3.12 python3.11 python3; do
		for path in "$(command -v "$name" || true)" "/usr/bin/$name" "/usr/local/bin/$name"; do
			[ -x "$path" ] || continue
			found=$(cd / && "$path" -I -c "$ASK_PYTHON" 2>/dev/null) || continue
			[ -n "$(files_for "$found")" ] || continue
			echo "$path $found"
			return
		done
	done
}

libc() { # "glibc 2.36" or "musl 1.2"
	if [ "$SYSTEM" = darwin ]; then
		echo "darwin $(sw_vers -productVersion 2>/dev/null || echo 11.0)"
	elif text=$(getconf GNU_LIBC_VERSION 2>/dev/null) && [ -n "$text" ]; then
		echo "$text"
	else
		text=$(ldd --version 2>&1 | sed -n 's/^Version \([0-9]*\.[0-9]*\).*/\1/p')
		echo "musl ${text:-1.2}"
	fi
}
LIBC=$(libc)
MACHINE=$(uname -m)
case $MACHINE in
arm64) [ "$SYSTEM" = darwin ] || MACHINE=aarch64 ;;
amd64) MACHINE=x86_64 ;;
esac

files_for() { # Python: its files, when this machine's C library is new enough for all
	printf '%s\n' "$FILES" | awk -v python="$1" -v machine="$MACHINE" \
		-v libc="${LIBC%% *}" -v version="${LIBC##* }" '
		function order(text, part) { split(text, part, "."); return part[1] * 1000 + part[2] }
		$1 == python && $2 == machine && $3 == libc {
			if (order($4) > order(version)) { old = 1 }
			line[++count] = $5 " " $6 " " $7
		}
		END { if (!old) for (i = 1; i <= count; i++) print line[i] }'
}

plan_build() { # sets BUILD (files), PYTHON, FLAVOUR
	found=''
	[ -n "$STANDALONE" ] || found=$(find_python)
	if [ -n "$found" ]; then
		PYTHON=${found% *} FLAVOUR=py${found##* }
		BUILD=$(files_for "${found##* }")
		return
	fi
	PYTHON='' FLAVOUR=standalone
	BUILD=$(files_for any)
	[ -n "$BUILD" ] || fail 9 "this hub has no build for this machine ($SYSTEM $MACHINE, $LIBC, \
$(python3 --version 2>/dev/null || echo 'no Python')). It has: $(printf '%s\n' "$FILES" |
		awk 'NF { print $1 == "any" ? "its own Python" : "Python " $1, $2, $3, "from", $4 }' | sort -u | tr '\n' ';')"
}

make_user() {
	[ "$ME" -eq 0 ] || return 0
	if ! id "$AGENT_USER" >/dev/null 2>&1; then
		MADE_USER=yes
		if has useradd; then
			useradd --system --user-group --no-create-home --home-dir /nonexistent \
				--shell "$(command -v nologin || echo /bin/false)" "$AGENT_USER"
		elif has adduser; then
			addgroup -S "$AGENT_USER" 2>/dev/null || true
			adduser -S -D -H -h /nonexistent -s /bin/false -G "$AGENT_USER" "$AGENT_USER"
		elif [ "$SYSTEM" = darwin ]; then
			AGENT_USER=_nobody
			MADE_USER=''
		else
			fail 1 "no useradd and no adduser here: make the user $AGENT_USER, then run this again"
		fi
	fi
}

make_data() {
	if ! { mkdir -p "$DATA" && chmod 700 "$DATA"; } 2>/dev/null || ! [ -w "$DATA" ]; then
		fail 18 "Failed to write new machine GUID. Please make sure you have rights to write to $DATA."
	fi
	[ "$ME" -ne 0 ] || chown "$AGENT_USER" "$DATA"
}

install_build() {
	target=$PREFIX/versions/$VERSION-$FLAVOUR
	fresh=$target.new
	mkdir -p "$PREFIX/versions" "$PREFIX/bin" "$PREFIX/etc"
	rm -rf "$fresh" "$target"
	mkdir -p "$TEMPORARY"
	printf '%s\n' "$BUILD" >"$TEMPORARY/list"
	while read -r name size digest; do
		fetch "$name" "$size" "$digest"
	done <"$TEMPORARY/list"
	if [ "$FLAVOUR" = standalone ]; then
		mkdir -p "$fresh"
		name=${BUILD%% *}
		gzip -dc "$TEMPORARY/$name" | tar -C "$fresh" --no-same-owner -xf - 2>/dev/null ||
			gzip -dc "$TEMPORARY/$name" | tar -C "$fresh" -xf -
		mv "$fresh" "$target"
	else
		"$PYTHON" -I -m venv --without-pip "$target"
		site=$("$target/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
		while read -r name size digest; do
			"$PYTHON" -I -m zipfile -e "$TEMPORARY/$name" "$site"
		done <"$TEMPORARY/list"
	fi
	"$target/bin/python" -P -m muster --version >/dev/null ||
		fail 9 "the agent does not start here; what it said stands above"
	rm -f "$PREFIX/current"
	ln -s "versions/$VERSION-$FLAVOUR" "$PREFIX/current"
	cat >"$PREFIX/bin/muster" <<-LAUNCHER
		#!/bin/sh
		exec "$PREFIX/current/bin/python" -P -m muster "\$@"
	LAUNCHER
	chmod 755 "$PREFIX/bin/muster"
	# Where SELinux rules, a service may run what is labelled as a program.
	[ "$ME" -ne 0 ] || ! has restorecon || restorecon -R "$PREFIX" 2>/dev/null || true
	for old in "$PREFIX"/versions/*; do
		[ "$old" = "$target" ] || rm -rf "$old"
	done
}

note_install() {
	cat >"$MARKER" <<-NOTE
		version=$VERSION-$FLAVOUR
		user=$AGENT_USER
		data=$DATA
		made_user=${MADE_USER:-$(noted made_user)}
		cloud=$CLOUD
	NOTE
}

write_config() { # once: a file that is there may have been edited
	file=$PREFIX/etc/agent.toml
	[ ! -e "$file" ] || [ -n "$CONFIG$PROXY" ] || return 0
	umask 077 # a proxy's password may stand in it
	if [ -n "$CONFIG" ]; then
		{
			grep -q '^# run as user' "$CONFIG" || echo "# run as user = $AGENT_USER"
			cat "$CONFIG"
		} >"$file.new"
		mv "$file.new" "$file"
	elif [ -e "$file" ] && ! grep -q '^# made by kickstart' "$file"; then
		say "warning: $file was edited; set link.proxy there by hand"
	else
		{
			echo "# made by kickstart.sh; with this line a new --claim-proxy replaces the file"
			echo "# run as user = $AGENT_USER"
			printf 'data = "%s"\n' "$DATA"
			case $PROXY in
			'') ;;
			env | environment)
				proxy=${https_proxy:-${HTTPS_PROXY:-${all_proxy:-${ALL_PROXY:-}}}}
				[ -z "$proxy" ] || printf '[link]\nproxy = "%s"\n' "$proxy"
				;;
			*) printf '[link]\nproxy = "%s"\n' "$PROXY" ;;
			esac
		} >"$file.new"
		mv "$file.new" "$file"
		[ -z "$PROXY" ] || say "the proxy is kept in $file, for claim and link"
	fi
	umask 022
	chmod 600 "$file"
	[ "$ME" -ne 0 ] || chown "$AGENT_USER" "$file"
}

as_agent() { # a command as the agent's user; the token comes on standard input
	if [ "$ME" -eq 0 ]; then
		# shellcheck disable=SC2016 # Python's own
		"$PREFIX/current/bin/python" -I -c '
import os, pwd, sys
who = pwd.getpwnam(sys.argv[1])
os.initgroups(who.pw_name, who.pw_gid)
os.setgid(who.pw_gid)
os.setuid(who.pw_uid)
os.environ["HOME"] = "/nonexistent"
os.chdir("/")
os.execv(sys.argv[2], sys.argv[2:])' "$AGENT_USER" "$@"
	else
		"$@"
	fi
}

read_token() {
	[ -z "$TOKEN_FILE" ] || {
		if [ "$TOKEN_FILE" = - ]; then
			TOKEN=$(head -c 8192)
		else
			[ -r "$TOKEN_FILE" ] || fail 1 "the token's file cannot be read: $TOKEN_FILE"
			TOKEN=$(head -c 8192 "$TOKEN_FILE")
		fi
		[ -n "$TOKEN" ] || fail 1 "no claim token in $TOKEN_FILE"
	}
}

claim() {
	set -- "$PREFIX/bin/muster" agent claim --token-file - --data "$DATA" \
		--config "$PREFIX/etc/agent.toml"
	[ -z "$WAIT" ] || set -- "$@" --wait "$WAIT"
	[ -z "$URL" ] || set -- "$@" --url "$URL"
	[ -z "$ROOMS" ] || set -- "$@" --rooms "$ROOMS"
	[ -z "$CLAIM_ID" ] || set -- "$@" --id "$CLAIM_ID"
	code=0
	printf '%s\n' "$TOKEN" | as_agent "$@" || code=$?
	case $code in
	0) say "Node was successfully claimed." ;;
	41) fail 10 "not claimed: one of the rooms '$ROOMS' is not there, or not for this token. Nothing was made at the hub" ;;
	33) fail 33 "an administrator has to approve this machine: run the same command again afterwards" ;;
	*) fail "$code" "not claimed; the agent is installed in $PREFIX. Run this again to go on" ;;
	esac
}

link_is_possible() { # else $lacks says what is missing and which packages bring it
	code=0
	lacks=$("$PREFIX/current/bin/python" -P -m muster.agent.needs 2>&1) || code=$?
	[ "$code" -ne 3 ]
}

write_service() {
	case $INIT in
	systemd)
		systemd_unit | filled >/etc/systemd/system/muster-agent.service
		systemctl daemon-reload
		systemctl enable --quiet muster-agent.service
		[ -z "$SMART" ] || write_smart
		;;
	openrc)
		openrc_script | filled >/etc/init.d/muster-agent
		chmod 755 /etc/init.d/muster-agent
		rc-update add muster-agent default >/dev/null
		;;
	launchd) launchd_plist | filled >/Library/LaunchDaemons/local.muster.agent.plist ;;
	esac
}

write_smart() { # a helper with the rights that asking disks takes; the agent has none
	smart_socket | filled >/etc/systemd/system/muster-smart.socket
	smart_service | filled >/etc/systemd/system/muster-smart@.service
	systemctl daemon-reload
	systemctl enable --quiet --now muster-smart.socket
	has smartctl || say "smartctl is not here: install smartmontools, and disks are asked from then on"
}

start_service() {
	is_claimed || return 0
	if [ -z "$START" ]; then
		say "not started (--dont-start)"
		return
	fi
	case $INIT in
	systemd) systemctl restart muster-agent.service ;;
	openrc) rc-service muster-agent restart ;;
	launchd)
		launchctl bootout system/local.muster.agent 2>/dev/null || true
		launchctl bootstrap system /Library/LaunchDaemons/local.muster.agent.plist
		;;
	none) say "no service manager was used; start the agent with:
    $PREFIX/bin/muster agent run --data $DATA --config $PREFIX/etc/agent.toml" ;;
	esac
}

is_running() {
	case $INIT in
	systemd) systemctl is-active --quiet muster-agent.service ;;
	openrc) rc-service muster-agent status >/dev/null 2>&1 ;;
	launchd) launchctl print system/local.muster.agent >/dev/null 2>&1 ;;
	none) true ;;
	esac
}

link_command() { # `muster` by name, where that is ours to give
	if [ "$ME" -eq 0 ] && [ -d /usr/local/bin ] && [ ! -e /usr/local/bin/muster ] && [ -z "$PREFIX_GIVEN" ]; then
		ln -s "$PREFIX/bin/muster" /usr/local/bin/muster
	elif ! has muster; then
		say "muster is in no folder of PATH: call it as $PREFIX/bin/muster"
	fi
}

[ "$ACTION" = install ] || uninstall
if foreign_install; then
	fail 2 "Existing install appears to be handled manually or through the system package manager."
fi
owner_only
if [ "$ME" -ne 0 ] && [ -z "$PREFIX_GIVEN" ] && ! [ -w "$PREFIX" ] && [ "$AGENT_USER" != "$(noted user)" ]; then
	fail 6 "$PREFIX is root's: run this as root, or give a folder of yours with --install-prefix DIR"
fi
read_token
BASES=$URL
[ -n "$BASES" ] || [ -z "$TOKEN" ] || BASES=$(token_addresses | sed 's|^|https://|')
if [ -n "$TOKEN" ] && { [ "$CLOUD" = disable ] || [ "$(noted cloud)" = disable ]; }; then
	fail 3 "this machine is installed with --disable-cloud: it is not claimed. Uninstall first to change that"
fi
installed=$(noted version)
# With a token an agent that is there is kept as it is; without one it is brought up to date.
if [ -n "$installed" ] && [ -x "$PREFIX/bin/muster" ] && [ -n "$TOKEN" ]; then
	FLAVOUR=${installed#"$VERSION"-} needs_install=''
else
	plan_build
	needs_install=yes
	[ "$installed" != "$VERSION-$FLAVOUR" ] || needs_install=''
fi
needs_claim=yes
if [ -z "$TOKEN" ] || is_claimed; then needs_claim=''; fi
if [ -z "$needs_install$needs_claim$SMART" ] && { [ -z "$START" ] || ! is_claimed || is_running; }; then
	if is_claimed; then
		say "nothing to do: ${installed} is installed in $PREFIX and this node is claimed"
	else
		say "nothing to do: ${installed} is installed in $PREFIX; claim it with --claim-token-file"
	fi
	exit 0
fi
if [ -n "$DRY" ]; then
	[ -z "$needs_install" ] || say "would install $VERSION-$FLAVOUR into $PREFIX, of:
$(printf '%s\n' "$BUILD" | awk '{ print "    " $1 " (" $2 " bytes)" }')"
	[ -z "$needs_claim" ] || say "would claim as user $AGENT_USER, with its state in $DATA"
	say "would use this service manager: $INIT${START:+, and start the agent}"
	exit 0
fi
[ -z "$needs_install" ] || [ -n "$BASES$FROM" ] ||
	fail 1 "from where? give --claim-url https://HUB:PORT, a token, or --from DIR"
MADE_USER=''
if [ -n "$needs_install" ]; then
	make_user
	make_data
	TEMPORARY=$(mktemp -d)
	say "installing $VERSION ($FLAVOUR) into $PREFIX"
	install_build
	note_install
fi
write_config
if ! link_is_possible; then
	printf '%s\n' "$lacks" >&2
	[ "$CLOUD" != require ] || fail 3 "the installed agent cannot hold a link: what it lacks stands above"
	say "warning: the installed agent cannot hold a link: what it lacks stands above. It is not claimed, and \
connects to nothing unverified. Run this again with --standalone for the build that brings its own Python"
	exit 0
fi
write_service
link_command
[ -z "$needs_claim" ] || claim
start_service
say "done"
