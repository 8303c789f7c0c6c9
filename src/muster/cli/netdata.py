"""`muster agent netdata-claim`, `muster agent netdatacli` and `muster agent -W`: Netdata's words.

Their arguments are not ours (one dash, `=` within), so they are taken as they are.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from muster.cli.arguments import Commands, Parser, add_command, add_data
from muster.cli.exits import Exit
from muster.cli.output import plain, say
from muster.cli.places import agent_data

if TYPE_CHECKING:
    from muster.agent.netdata.script import Script

_NOT_RUNNING = 255  # as netdatacli, which cannot connect
_CLAIMED = "Agent was successfully claimed."


def add_to(group: Commands) -> None:
    claim = add_command(
        group,
        "netdata-claim",
        _claim,
        "Claim as netdata-claim.sh does: its arguments, files and exit codes 0 to 18",
        details="-token=T -rooms=R1,R2 -url=https://HUB:PORT [-id=UUID] [-hostname=NAME]\n"
        "[-proxy=URL | -noproxy] [-insecure] [-noreload] [-user=USER]\n"
        "[-daemon-not-running] [-verbose], or --claim-token T --claim-rooms R --claim-url U.\n"
        "Token and rooms not given are read from cloud.d/token and cloud.d/rooms, where no\n"
        "other user sees them. Exit codes are not those of muster --exits:\n"
        "see the guide, netdata-words.",
        examples=(
            "muster agent netdata-claim -token=TOKEN -rooms=ROOM -url=https://hub:7443",
            'muster agent netdata-claim -url=https://hub:7443 -id="$(uuidgen)"  # cloud.d/token',
            "muster agent netdata-claim --claim-token TOKEN --claim-url https://hub:7443",
        ),
    )
    _add_own(claim, "arguments of netdata-claim.sh")
    words = add_command(
        group,
        "netdatacli",
        _netdatacli,
        "Give a running agent a command as netdatacli does",
        details="aclk-state [json] | reload-claiming-state | read-config FILE|SECTION|NAME |\n"
        "write-config FILE|SECTION|NAME|VALUE | ping | version | help\n"
        "Exit code 255: no agent runs.",
        examples=(
            "muster agent netdatacli aclk-state",
            "muster agent netdatacli aclk-state json",
            "muster agent netdatacli reload-claiming-state",
            "muster agent netdatacli write-config 'cloud|global|enabled|no'",
        ),
    )
    _add_own(words, "a command of netdatacli")


def add_switches(parser: Parser) -> None:
    """`muster agent -W "claim …"` and `-W aclk-state`, as the daemon of Netdata takes them."""
    parser.add_argument(
        "-W",
        dest="netdata_switch",
        metavar="WORDS",
        help='as netdata: -W "claim -token=T -rooms=R -url=U", or -W aclk-state',
    )
    add_data(parser, "the agent")
    parser.set_defaults(run=_switch)


def _add_own(parser: Parser, what: str) -> None:
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="…", help=what)
    add_data(parser, "the agent")


def take_words(options: argparse.Namespace) -> list[str]:
    """The words that are Netdata's, without our own `--data DIR` among them."""
    words: list[str] = list(options.words)
    if words[:1] == ["--"]:  # of arguments.shielded
        del words[0]
    if "--data" in words[:-1]:
        at = words.index("--data")
        options.data = Path(words[at + 1])
        del words[at : at + 2]
    return words


def _claim(options: argparse.Namespace) -> int:
    import asyncio

    from muster.agent.netdata.script import run_script

    words = take_words(options)
    if any(word.startswith(("-token=", "--claim-token")) for word in words):
        say(
            "warning: every user of this machine can read a token in an argument; put it into"
            " cloud.d/token"
        )
    return int(asyncio.run(run_script(_script(options), words)))


def _script(options: argparse.Namespace) -> "Script":
    from muster.agent.machine.facts import gather_facts
    from muster.agent.netdata.claiming import Place
    from muster.agent.netdata.cloudfolder import lib_folder
    from muster.agent.netdata.script import Script
    from muster.cli.agentsettings import settings_of

    os.umask(0o077)
    options.config = getattr(options, "config", None)
    settings = settings_of(options).value
    data = agent_data(options)
    return Script(
        place=Place(
            data=data,
            lib=lib_folder(data, os.environ),
            hostname=gather_facts(hostname=settings.hostname).hostname,
            environment=dict(os.environ),
            proxy=settings.link.proxy,
        ),
        show=lambda text: print("\n".join(map(plain, text.split("\n"))), flush=True),
        say=say,
        enabled=settings.netdata.enabled,
    )


def _netdatacli(options: argparse.Namespace) -> int:
    words = take_words(options)
    return _tell(options, " ".join(words) or "help")


def _tell(options: argparse.Namespace, command: str) -> int:
    import asyncio

    from muster.agent.netdata.running import NOT_RUNNING, tell

    said = asyncio.run(tell(agent_data(options), command))
    if said == NOT_RUNNING:
        say(f"no agent runs on {str(agent_data(options))!r}: cannot connect to its socket")
        return _NOT_RUNNING
    stream = sys.stderr if said.code else sys.stdout
    text = said.text if said.text.endswith("\n") or not said.text else f"{said.text}\n"
    stream.write("\n".join(_printable(line) for line in text.split("\n")))
    stream.flush()
    return said.code


def _printable(line: str) -> str:
    return "\t".join(plain(part) for part in line.split("\t"))


def _switch(options: argparse.Namespace) -> int:
    if not options.netdata_switch:
        say("muster agent: a command is missing\nTry: muster agent --help")
        return Exit.USAGE
    word, _, rest = options.netdata_switch.strip().partition(" ")
    match word:
        case "claim":
            return _claim_by_switch(options, rest)
        case "aclk-state":
            return _tell(options, f"{word} {rest}".strip())
        case _:
            say(f"muster agent: -W takes claim and aclk-state, not {word[:40]!r}")
            return Exit.USAGE


def _claim_by_switch(options: argparse.Namespace, line: str) -> int:
    """As the script with what the agent knows put before it; the reason is always said."""
    import asyncio

    from muster.agent.netdata.arguments import parse_line
    from muster.agent.netdata.outcome import ClaimExit, ClaimFailed
    from muster.agent.netdata.script import refuse_when_off, run_script

    script = _script(options)
    try:
        refuse_when_off(script)
        given = parse_line(line)
    except ClaimFailed as error:
        say(str(error))
        return int(error.exit_code)
    code = asyncio.run(run_script(script, given))
    if code is ClaimExit.CLAIMED:
        say(_CLAIMED)
    return int(code)
