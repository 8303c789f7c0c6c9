"""`muster probe`: what agents ask of other machines, by ICMP, DNS and HTTP."""

import argparse
from datetime import timedelta
from typing import Any, get_args

from muster.cli.arguments import (
    Commands,
    Parser,
    add_command,
    add_group,
    add_json,
    duration,
    within,
)
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.node import find_node
from muster.cli.output import print_json, print_table, say, tell
from muster.cli.room import find_room
from muster.cli.space import add_space, find_space
from muster.config import format_duration
from muster.errors import InputError, NotFound
from muster.model.probe import RecordType

_SHORTEST, _LONGEST = timedelta(seconds=5), timedelta(days=1)
_KINDS = {"ping": "ping", "dns": "dns_query", "http": "http_response"}
_WHERE = (
    "Without --node and --room the hub's own agent runs it. What a probe may\n"
    "reach is for the agent to say: its setting probes.reach."
)
_TARGETS = (
    "TARGET is a name or an address for ping, the name server for dns, an http(s) address\n"
    "for http."
)


def add(commands: Commands) -> None:
    group = add_group(commands, "probe", "Probes: other machines asked by ping, DNS and HTTP")
    create = add_command(
        group,
        "add",
        _add,
        "Make a probe; agents begin with it within ten seconds",
        details=f"{_TARGETS} {_WHERE}",
        examples=(
            "muster probe add ping 8.8.4.4 --interval 15s",
            "muster probe add dns 9.9.9.9 --domain example.org --record-type AAAA",
            "muster probe add http https://example.org/ --match '(?i)welcome' --room web",
        ),
    )
    _add_target(create)
    _add_runners(create)
    add_space(create, "the space it is made in")
    add_json(create)
    listing = add_command(
        group,
        "list",
        _list,
        "List probes, and which nodes run them",
        examples=("muster probe list", "muster probe list --space Customers --json"),
    )
    add_space(listing, "the space it is in")
    add_json(listing)
    change = add_command(
        group,
        "set",
        _set,
        "Change what a probe asks, how often and who runs it, or turn it off or on",
        details="What is not named stays. --node and --room are all that run it from then on.",
        examples=(
            "muster probe set 8.8.4.4 --off",
            "muster probe set 8.8.4.4 --interval 1m --room web",
            "muster probe set https://example.org/ --match '(?i)welcome' --no-verify",
        ),
    )
    change.add_argument("probe", metavar="PROBE", help="its id, or its target")
    change.add_argument("--target", metavar="TARGET", help="who is asked from then on")
    _add_options(change)
    _add_runners(change)
    change.add_argument("--by-hub", action="store_true", help="the hub's own agent runs it")
    state = change.add_mutually_exclusive_group()
    state.add_argument("--on", action="store_true", help="it runs")
    state.add_argument("--off", action="store_true", help="it rests; its values stay")
    add_space(change, "the space it is in")
    add_json(change)
    remove = add_command(
        group,
        "remove",
        _remove,
        "Remove a probe; its values stay",
        examples=("muster probe remove 8.8.4.4",),
    )
    remove.add_argument("probe", metavar="PROBE", help="its id, or its target")
    add_space(remove, "the space it is in")
    trial = add_command(
        group,
        "test",
        _test,
        "Carry a probe out once and show what comes of it",
        details=f"{_TARGETS} Without --node the hub's own agent does it; --here this command\n"
        "itself, without any hub. Exit code 8 when it fails.",
        examples=(
            "muster probe test http https://example.org/ --match welcome",
            "muster probe test ping nas --node web-1 --json",
            "muster probe test dns 9.9.9.9 --domain example.org --here",
        ),
    )
    _add_target(trial)
    trial.add_argument("--node", metavar="NAME", help="the node that does it")
    trial.add_argument("--here", action="store_true", help="from this machine, without a hub")
    add_space(trial, "the space it is in")
    add_json(trial)


def _add_target(parser: Parser) -> None:
    parser.add_argument("kind", choices=tuple(_KINDS), help="what is asked")
    parser.add_argument("target", metavar="TARGET", help="who is asked")
    _add_options(parser)


def _add_runners(parser: Parser) -> None:
    parser.add_argument("--interval", type=duration, metavar="TIME", help="how often, 5s to 1d")
    parser.add_argument(
        "--node", action="append", default=[], metavar="NAME", help="a node that runs it (repeat)"
    )
    parser.add_argument(
        "--room",
        action="append",
        default=[],
        metavar="NAME",
        help="a room whose nodes run it (repeat); 'All nodes' for the whole space",
    )


def _add_options(parser: Parser) -> None:
    parser.add_argument(
        "--timeout", type=duration, metavar="TIME", help="for each answer, up to 30s"
    )
    parser.add_argument(
        "--count", type=within(1, 20), metavar="N", help="ping: requests each time, 1 to 20"
    )
    parser.add_argument("--ip", choices=("4", "6", "any"), help="ping: by this version of IP alone")
    parser.add_argument("--domain", metavar="NAME", help="dns: what is asked for; default: .")
    parser.add_argument(
        "--record-type",
        choices=get_args(RecordType),
        metavar="TYPE",
        help=f"dns: {', '.join(get_args(RecordType))}; default: NS",
    )
    parser.add_argument("--network", choices=("udp", "tcp"), help="dns: how it is asked")
    parser.add_argument("--port", type=within(1, 65_535), metavar="N", help="dns: default: 53")
    parser.add_argument("--method", choices=("GET", "HEAD"), help="http: default: GET")
    parser.add_argument("--match", metavar="PATTERN", help="http: what the body has to hold")
    parser.add_argument(
        "--status", type=within(0, 599), metavar="CODE", help="http: the only good status"
    )
    for name, on, off in (
        ("follow", "follow redirects", "take a redirect as the answer (the default)"),
        ("verify", "look at the certificate (the default)", "a certificate of whomever will do"),
    ):
        parser.add_argument(
            f"--{name}", action="store_const", const=True, dest=name, help=f"http: {on}"
        )
        parser.add_argument(
            f"--no-{name}", action="store_const", const=False, dest=name, help=f"http: {off}"
        )


def _probe_of(options: argparse.Namespace) -> dict[str, Any]:
    """The probe as JSON. Errors: InputError for an option of another kind."""
    if options.kind == "http" and not options.target.startswith(("http://", "https://")):
        raise InputError(f"not an address like https://example.org/: {options.target!r}")
    body = {
        "kind": _KINDS[options.kind],
        "server" if options.kind == "dns" else "url": options.target,
    }
    return body | _given(options, options.kind)


def _given(options: argparse.Namespace, kind: str) -> dict[str, Any]:
    """What was said beside its target. Errors: InputError for an option of another kind."""
    own: dict[str, dict[str, Any]] = {
        "ping": {"count": options.count, "ip": "" if options.ip == "any" else options.ip},
        "dns": {
            "domain": options.domain,
            "record_type": options.record_type,
            "network": options.network,
            "port": options.port,
        },
        "http": {
            "method": options.method,
            "match": options.match,
            "status": options.status,
            "follow_redirects": options.follow,
            "verify": options.verify,
        },
    }
    for other, fields in own.items():
        for name, value in fields.items():
            if value is not None and other != kind:
                raise InputError(f"{name.replace('_', '-')} is for {other}, not for {kind}")
    given = {
        **own[kind],
        "timeout_s": options.timeout and options.timeout.total_seconds(),
    }
    interval = getattr(options, "interval", None)
    if interval is not None:
        if not _SHORTEST <= interval <= _LONGEST:
            raise InputError(f"--interval is 5s to 1d, not {format_duration(interval)}")
        given["interval_s"] = round(interval.total_seconds())
    return {name: value for name, value in given.items() if value is not None}


def _space(hub: Hub, options: argparse.Namespace) -> dict[str, Any]:
    """The space named, or the hub's own, or the only one. Errors: NotFound, InputError."""
    if options.space:
        return find_space(hub, options.space)
    known: list[dict[str, Any]] = hub.get("/api/v1/spaces")
    main = [each for each in known if each["main"]] or known
    if len(main) != 1:
        raise InputError("say which space with --space")
    return main[0]


def _path(space: dict[str, Any]) -> str:
    return f"/api/v1/spaces/{space['id']}/probes"


def _add(options: argparse.Namespace) -> int:
    body: dict[str, Any] = {"probe": _probe_of(options)}
    hub = hub_of(options)
    space = _space(hub, options)
    body |= _runners(hub, options, space["id"])
    made = hub.post(_path(space), body)
    return tell(options, made, f"probe {target_of(made['probe'])} is made: {_runs_on(made)}")


def _runners(hub: Hub, options: argparse.Namespace, space: str) -> dict[str, list[str]]:
    return {
        "nodes": [find_node(hub, name)["id"] for name in options.node],
        "rooms": [_room(hub, name, space) for name in options.room],
    }


def _room(hub: Hub, name: str, space: str) -> str:
    if name.strip().lower() == "all nodes":
        return space
    return str(find_room(hub, name, space)["id"])


def _list(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    probes = hub.get(_path(_space(hub, options)))
    if options.json:
        print_json(probes)
        return Exit.OK
    rows = [
        (
            each["probe"]["kind"],
            target_of(each["probe"]),
            f"{each['probe']['interval_s']} s",
            _runs_on(each),
            each["id"],
        )
        for each in probes
    ]
    print_table(("KIND", "TARGET", "EVERY", "RUN BY", "ID"), rows, "No probes.")
    return Exit.OK


def target_of(probe: dict[str, Any]) -> str:
    """Who is asked, in one line."""
    if probe["kind"] == "dns_query":
        return f"{probe['server']} {probe['domain']} {probe['record_type']}"
    return str(probe["url"])


def _runs_on(probe: dict[str, Any]) -> str:
    if not probe["enabled"]:
        return "off"
    runners = [
        each["name"] + (f" ({each['fault']})" if each["fault"] else "") for each in probe["runners"]
    ]
    more = f" and {len(runners) - 5} more" if len(runners) > 5 else ""
    return ", ".join(runners[:5]) + more or "no node"


def _find(hub: Hub, options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    path = _path(_space(hub, options))
    found = [
        each for each in hub.get(path) if options.probe in (each["id"], target_of(each["probe"]))
    ]
    if not found:
        raise NotFound(f"no probe {options.probe!r}; see: muster probe list")
    if len(found) > 1:
        ids = ", ".join(each["id"] for each in found)
        raise InputError(f"{len(found)} probes ask {options.probe!r}; use the id: {ids}")
    return f"{path}/{found[0]['id']}", found[0]


def _set(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    path, known = _find(hub, options)
    change = _change(hub, options, known)
    if not change:
        raise InputError("say what is to change: see muster probe set --help")
    probe = hub.patch(path, change)
    if options.json:
        print_json(probe)
    elif set(change) == {"enabled"}:
        say(f"probe {target_of(probe['probe'])} is {'off' if options.off else 'on'}")
    else:
        say(f"probe {target_of(probe['probe'])} is changed: {_runs_on(probe)}")
    return Exit.OK


def _change(hub: Hub, options: argparse.Namespace, known: dict[str, Any]) -> dict[str, Any]:
    """What of a probe was named. Errors: InputError."""
    before = known["probe"]
    kind = next(word for word, kind in _KINDS.items() if kind == before["kind"])
    given = _given(options, kind)
    if options.target:
        given["server" if kind == "dns" else "url"] = options.target
    change: dict[str, Any] = {"probe": before | given} if given else {}
    if options.by_hub and (options.node or options.room):
        raise InputError("give either --by-hub, or --node and --room")
    if options.by_hub or options.node or options.room:
        change |= _runners(hub, options, _space(hub, options)["id"])
    if options.on or options.off:
        change["enabled"] = not options.off
    return change


def _remove(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    path, known = _find(hub, options)
    hub.delete(path)
    say(f"probe {target_of(known['probe'])} is removed; its values stay")
    return Exit.OK


def _test(options: argparse.Namespace) -> int:
    probe = _probe_of(options)
    if options.here:
        tried = _try_here(probe)
    else:
        hub = hub_of(options)
        node = find_node(hub, options.node)["id"] if options.node else ""
        tried = hub.post(f"{_path(_space(hub, options))}/test", {"probe": probe, "node": node})
    if options.json:
        print_json(tried)
    else:
        _print_tried(tried)
    return Exit.CHECK_FAILED if tried["fault"] else Exit.OK


def _try_here(probe: dict[str, Any]) -> dict[str, Any]:
    """By this process. Errors: InputError."""
    import asyncio

    import msgspec

    from muster.agent.probing.prober import shown
    from muster.agent.probing.run import ProbeRunner
    from muster.clock import SystemClock
    from muster.model.probe import Probe, Reach, check

    try:
        wanted: Probe = msgspec.convert(probe, Probe)
    except msgspec.ValidationError as error:
        raise InputError(str(error)) from error
    clock = SystemClock()
    run = ProbeRunner(clock).run(check(wanted), Reach.ANY, clock.now_ns())
    return {"node": "", "name": "this machine", **shown(asyncio.run(run))}


def _print_tried(tried: dict[str, Any]) -> None:
    for point in tried["points"]:
        names = {**point["tags"], **point["fields"]}
        rows = [(name, _number(value)) for name, value in names.items()]
        print_table((point["measurement"].upper(), tried["name"]), rows, "")
    if tried["fault"]:
        say(f"fails: {tried['fault']}")


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
