"""`muster agent request` and `import`: joining a hub by hand. Its other side: `muster sign`."""

import argparse
import contextlib
import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from muster.cli.arguments import Commands, Parser, add_command, add_data, add_json, duration
from muster.cli.exits import Exit
from muster.cli.files import read_text_file
from muster.cli.output import format_time, print_json, say
from muster.cli.places import hub_folder_of
from muster.cli.qr import add_qr, require_qr, show_codes

if TYPE_CHECKING:
    from muster.agent.joining.request import Asked
    from muster.model.evidence import Evidence

_LIFE = timedelta(days=7)


def add_to(group: Commands) -> None:
    """The two commands, in the group of `muster agent`."""
    request = add_command(
        group,
        "request",
        _request,
        "Make a request that is carried to a hub which this machine cannot reach",
        details="The key is made here and stays here. Until it is answered or ends, the same\n"
        "request is printed again. On the hub: muster sign.",
        examples=(
            "muster agent request > request.txt",
            "muster agent request --pin 3f0c…            # of the hub's root: muster ca show",
            "muster agent request --qr                    # numbered codes, for a camera",
            "muster agent request --renew > request.txt   # for a node that is in",
        ),
    )
    request.add_argument(
        "--pin",
        action="append",
        default=[],
        metavar="FINGERPRINT",
        help="take an answer of the hub with this root alone (repeat for more)",
    )
    request.add_argument("--renew", action="store_true", help="a new certificate for this node")
    request.add_argument(
        "--expires",
        type=duration,
        default=_LIFE,
        metavar="TIME",
        help="how long the hub may sign it (default 7d, at most 90d)",
    )
    request.add_argument("--new", action="store_true", help="with a new key, in place of the old")
    request.add_argument(
        "--force-new",
        action="store_true",
        help="although the node that this folder was is revoked or removed",
    )
    add_qr(request)
    _add_place(request)
    add_json(request)
    take = add_command(
        group,
        "import",
        _import,
        "Take in what a hub answered to this machine's request",
        details="The text, or lines read from QR codes in any order; - is standard input.",
        examples=(
            "muster agent import response.txt",
            "muster agent import response.txt --trust-fingerprint 3f0c…",
        ),
    )
    take.add_argument("file", help="file with the response; - for standard input")
    take.add_argument(
        "--trust-fingerprint",
        default="",
        metavar="FINGERPRINT",
        help="of the hub's root: for scripts, in place of the question",
    )
    _add_place(take)
    add_json(take)


def _add_place(parser: Parser) -> None:
    parser.add_argument("--hub-name", default="", metavar="NAME", help="one of several hubs")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")
    add_data(parser, "the agent")


def _request(options: argparse.Namespace) -> int:
    from muster.agent.exits import failure_of
    from muster.agent.joining.lock import held
    from muster.agent.joining.request import make_request, parse_pin
    from muster.agent.machine.facts import gather_facts
    from muster.cli.agentsettings import settings_of
    from muster.clock import SystemClock
    from muster.errors import MusterError
    from muster.wire.armour import Kind, format_armour

    require_qr(options)
    data = hub_folder_of(options)
    settings = settings_of(options).value
    try:
        pins = tuple(parse_pin(each) for each in options.pin)
        # A running agent has the folder; to renew, nothing of what it uses is touched.
        with contextlib.nullcontext() if options.renew else held(data):
            asked = make_request(
                data,
                clock=SystemClock(),
                facts=gather_facts(data=data, machine=settings.machine, hostname=settings.hostname),
                evidence=partial(_evidence, settings.machine, settings.evidence.ssh),
                life_s=int(options.expires.total_seconds()),
                pins=pins,
                renew=options.renew,
                anew=options.new,
                force_new=options.force_new,
            )
    except MusterError as error:
        raise failure_of(error) from error
    if options.json:
        print_json(_view(asked))
    elif not show_codes(options, Kind.REQUEST, asked.bytes()):
        sys.stdout.write(format_armour(Kind.REQUEST, asked.bytes()))
    ends = format_time(asked.request.expires_ns)
    say(f"good until {ends}. On the hub: muster sign request.txt > response.txt")
    return Exit.OK


def _view(asked: "Asked") -> dict[str, object]:
    from muster.wire.airgap import digest_of
    from muster.wire.armour import Kind, format_armour, format_parts

    return {
        "request": format_armour(Kind.REQUEST, asked.bytes()),
        "codes": format_parts(Kind.REQUEST, asked.bytes()),
        "sha256": digest_of(asked.document.signed),
        "expires_ns": asked.request.expires_ns,
    }


def _evidence(machine: Path, ssh: bool, hub: str, csr: str) -> "Evidence":
    """What needs no network: marks of the machine, and its SSH host keys."""
    import asyncio

    from muster.agent.proofs import gather
    from muster.agent.settings import EvidenceSettings

    return asyncio.run(gather(hub, csr, EvidenceSettings(ssh=ssh), machine))


def _import(options: argparse.Namespace) -> int:
    from muster.agent.exits import failure_of
    from muster.agent.joining.lock import held
    from muster.agent.joining.request import is_to_renew, parse_pin, take_answer
    from muster.clock import SystemClock
    from muster.errors import MusterError
    from muster.wire.armour import MAX_TEXT

    data = hub_folder_of(options)
    text = read_text_file(options.file, "response", MAX_TEXT)
    pin = options.trust_fingerprint
    try:
        with contextlib.nullcontext() if is_to_renew(data) else held(data):
            node = take_answer(
                data,
                text,
                clock=SystemClock(),
                trusted=parse_pin(pin) if pin else "",
                confirm=_confirm if _can_ask(options) else None,
            )
    except MusterError as error:
        raise failure_of(error) from error
    if options.json:
        print_json({"node": node.node, "name": node.name, "hub": node.hub})
        return Exit.OK
    until = format_time(node.not_after_ns)
    say(f"this machine is node {node.name} ({node.node}), its certificate good until {until}")
    return Exit.OK


def _can_ask(options: argparse.Namespace) -> bool:
    return not options.json and options.file != "-" and sys.stdin.isatty()


def _confirm(pin: str) -> bool:
    from muster.agent.joining.request import format_pin

    say(f"the response is of the hub with this root: {format_pin(pin)}")
    say("Compare it with what the hub shows (muster ca show).")
    sys.stderr.write("Is it the same? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
