"""`muster ca`: what everything trusts, and how it is replaced.

What needs a key that is kept elsewhere works on the hub's own machine, on the CA's folder;
the hub is told, and never sees the key.
"""

import argparse
import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any

from muster.cli.arguments import Commands, Parser, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.files import read_secret_file
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, print_json, print_record, print_table, say, tell
from muster.cli.places import hub_data
from muster.clock import SystemClock
from muster.errors import InputError, MusterError
from muster.log import Secret

_ROLL = "/api/v1/ca/roll"


def add(commands: Commands) -> None:
    group = add_group(commands, "ca", "The certificate authority of this hub")
    show = add_command(
        group,
        "show",
        _show,
        "Show root, issuing CAs, the pins that tokens carry, and what ends soon",
        examples=("muster ca show", "muster ca show --pem > muster-root.pem"),
    )
    show.add_argument("--pem", action="store_true", help="print the root certificates only")
    add_json(show)
    renew = add_command(
        group,
        "renew",
        _renew,
        "Make new issuing certificates under the same root",
        details="By itself the hub does so in their last year, as long as it has the root's key.",
        examples=("muster ca renew --root-key /media/stick/muster-root.key",),
    )
    _add_root_key(renew)
    add_json(renew)
    _add_root(add_group(group, "root", "The key of the root: keep it elsewhere"))
    _add_roll(add_group(group, "roll", "Replace the root, without losing a node"))
    _add_import(group)


def _add_root(group: Commands) -> None:
    export = add_command(
        group,
        "export",
        _export,
        "Write the root's key to a file, encrypted, and read it back",
        details="The passphrase has 12 characters or more and is asked for, unless it comes from a"
        " file or standard input.",
        examples=(
            "muster ca root export /media/stick/muster-root.key",
            "muster ca root export root.key --passphrase-file -",
        ),
    )
    export.add_argument("file", type=Path, metavar="FILE", help="where the key is written")
    _add_passphrase(export, "--passphrase-file")
    add_json(export)
    remove = add_command(
        group,
        "remove",
        _remove,
        "Take the root's key off this hub",
        details="Refused until an export was verified. Without the key all goes on for as long as"
        " the issuing certificates last.",
        examples=("muster ca root remove",),
    )
    remove.add_argument("--force", action="store_true", help="although no export was verified")
    add_json(remove)


def _add_roll(group: Commands) -> None:
    prepare = add_command(
        group,
        "prepare",
        _prepare,
        "Make a new root and let all nodes learn of it; the old one still signs",
        examples=("muster ca roll prepare", "muster ca roll prepare --root-key root.key"),
    )
    _add_root_key(prepare)
    add_json(prepare)
    for name, step, summary in (
        ("activate", "activate", "Let the new root sign; the old one is still trusted"),
        ("abort", "abort", "Forget the root that was prepared"),
    ):
        add_json(
            add_command(group, name, _taking(step), summary, examples=(f"muster ca roll {name}",))
        )
    retire = add_command(
        group,
        "retire",
        _taking("retire"),
        "Trust the old root no more",
        details="Refused while nodes would be lost; they are named.",
        examples=("muster ca roll retire", "muster ca roll retire --force"),
    )
    retire.add_argument("--force", action="store_true", help="and lose the nodes that are named")
    add_json(retire)
    status = add_command(
        group,
        "status",
        _status,
        "Show how far the change of roots is, and which nodes have not followed",
        examples=("muster ca roll status",),
    )
    add_json(status)


def _add_import(group: Commands) -> None:
    command = add_command(
        group,
        "import",
        _import,
        "Let a root or intermediate of your own carry this hub's CA",
        details="Before the first start of a hub it is its root from the beginning. On a hub that"
        " runs it is the next one, as after `muster ca roll prepare`.",
        examples=(
            "muster ca import --root-cert ca.cer --root-key ca.key",
            "muster ca import --root-cert ca.cer --root-key ca.key --offline",
        ),
    )
    command.add_argument("--root-cert", type=Path, required=True, metavar="FILE", help="PEM")
    command.add_argument("--root-key", type=Path, required=True, metavar="FILE", help="PEM")
    _add_passphrase(command, "--passphrase-file")
    command.add_argument(
        "--offline", action="store_true", help="use the key once and do not store it"
    )
    command.add_argument(
        "--old-root-key", type=Path, metavar="FILE", help="key of the root of now, if it is offline"
    )
    _add_passphrase(command, "--old-passphrase-file")
    add_json(command)


def _add_root_key(parser: Parser) -> None:
    parser.add_argument("--root-key", type=Path, metavar="FILE", help="as it was exported")
    _add_passphrase(parser, "--passphrase-file")


def _add_passphrase(parser: Parser, option: str) -> None:
    parser.add_argument(
        option, metavar="FILE", help="its passphrase; - is standard input (default: ask)"
    )


def _show(options: argparse.Namespace) -> int:
    ca = hub_of(options).get("/api/v1/ca")
    if options.json:
        print_json(ca)
    elif options.pem:
        print(ca["anchors"], end="")
    else:
        for certificate in (*ca["roots"], *ca["issuers"]):
            print_record(
                {
                    "name": certificate["subject"],
                    "serial": certificate["serial"],
                    "valid": f"{format_time(certificate['not_before_ns'])} to"
                    f" {format_time(certificate['not_after_ns'])}",
                    "SHA-256": certificate["sha256"],
                }
            )
            print()
        exported = format_time(ca["exported_ns"]) if ca["exported_ns"] else "never"
        print_record(
            {
                "root's key": ca["root_key"],
                "exported": exported,
                "roll-over": ca["phase"],
                "pins": ca["pins"],
            }
        )
        for text in ca["warnings"]:
            say(text)
    return Exit.OK


def _export(options: argparse.Namespace) -> int:
    from muster.hub.keys import ceremony

    store, now_ns = _store(options), SystemClock().now_ns()
    passphrase = _passphrase(
        options.passphrase_file, "Passphrase for the exported key: ", twice=True
    )
    pin = ceremony.export_root(store, options.file, passphrase, now_ns)
    return tell(
        options,
        {"file": str(options.file), "key_sha256": pin},
        f"{options.file} is written and verified; keep it and its passphrase apart from this hub",
    )


def _remove(options: argparse.Namespace) -> int:
    from muster.hub.keys import ceremony

    ceremony.remove_root(_store(options), force=options.force)
    return tell(options, {"root_key": "offline"}, "the root's key is no longer on this hub")


def _renew(options: argparse.Namespace) -> int:
    from muster.hub.keys import ceremony

    def lay(key: Secret) -> None:
        ceremony.stage_issuers(_store(options), key, SystemClock().now_ns())

    return _with_key(options, "/api/v1/ca/renew", lay)


def _prepare(options: argparse.Namespace) -> int:
    from muster.hub.keys import ceremony

    def lay(key: Secret) -> None:
        ceremony.stage_roll(_store(options), key, SystemClock().now_ns())

    return _with_key(options, f"{_ROLL}/prepare", lay)


def _with_key(options: argparse.Namespace, path: str, lay: Callable[[Secret], None]) -> int:
    """Let the hub take a step; with a key from elsewhere, what it makes is laid ready first."""
    hub = hub_of(options)
    if options.root_key is None:
        return _print_status(options, hub.post(path, {}))
    lay(_root_key(options.root_key, options.passphrase_file))
    return _print_status(options, _staged(options, path))


def _staged(options: argparse.Namespace, path: str) -> Any:  # noqa: ANN401
    try:
        return hub_of(options).post(path, {"staged": True})
    except MusterError:
        _store(options).drop_staged()
        raise


def _import(options: argparse.Namespace) -> int:
    from muster.hub.keys import ceremony
    from muster.store.keystore import KeyStore

    now_ns = SystemClock().now_ns()
    brought = ceremony.Brought(
        certificate=ceremony.read_certificate(options.root_cert),
        key=_root_key(options.root_key, options.passphrase_file),
        keep_key=not options.offline,
    )
    folder = _folder(options)
    if not folder.exists():
        hub = ceremony.begin_with(KeyStore(folder=folder), brought, now_ns)
        return tell(options, {"hub": hub}, "it is the root of this hub: muster up")
    old = options.old_root_key
    old_key = _root_key(old, options.old_passphrase_file) if old else None
    hub_of(options)  # it has to run: the next step is its own
    ceremony.stage_import(_store(options), brought, old_key, now_ns)
    return _print_status(options, _staged(options, f"{_ROLL}/prepare"))


def _taking(step: str) -> Callable[[argparse.Namespace], int]:
    def take(options: argparse.Namespace) -> int:
        given = {"force": True} if getattr(options, "force", False) else {}
        return _print_status(options, hub_of(options).post(f"{_ROLL}/{step}", given))

    return take


def _status(options: argparse.Namespace) -> int:
    return _print_status(options, hub_of(options).get(_ROLL))


_MEANING = {
    "steady": "one root; no roll-over is under way",
    "prepared": "the old root signs, nodes learn of the new one;"
    " once all know it: muster ca roll activate",
    "activated": "the new root signs, nodes renew; once all have: muster ca roll retire",
}


def _print_status(options: argparse.Namespace, status: Any) -> int:  # noqa: ANN401
    if options.json:
        print_json(status)
        return Exit.OK
    print_record(
        {
            "phase": f"{status['phase']}: {_MEANING[status['phase']]}",
            "nodes": status["nodes"],
            "know the new root": status["confirmed"],
            "renewed under it": status["renewed"],
        }
    )
    if status["behind"]:
        print()
        rows = [(each["name"], each["why"], each["id"]) for each in status["behind"]]
        print_table(("NODE", "NOT YET BECAUSE", "ID"), rows, "")
    return Exit.OK


def _folder(options: argparse.Namespace) -> Path:
    if options.hub:
        raise InputError("keys of the CA are handled on the hub's own machine, without --hub")
    return hub_data(options) / "ca"


def _store(options: argparse.Namespace) -> Any:  # noqa: ANN401
    from muster.hub.keys.ceremony import require_owner
    from muster.store.keystore import KeyStore

    folder = _folder(options)
    require_owner(folder)
    return KeyStore(folder=folder)


def _root_key(path: Path, passphrase_file: str | None) -> Secret:
    """A key from a file, decrypted: it lives in this process alone, which ends at once."""
    from muster.pki import keys

    text = read_secret_file(path, "key")
    secret = None
    if "ENCRYPTED" in text.reveal():
        secret = _passphrase(passphrase_file, f"Passphrase of {path}: ")
    return keys.format_key(keys.load_signing_key(text, secret))


def _passphrase(name: str | None, prompt: str, *, twice: bool = False) -> Secret:
    if name is not None:
        return read_secret_file(name, "passphrase")
    first = getpass.getpass(prompt)
    if twice and first != getpass.getpass("Once more: "):
        raise InputError("the two passphrases differ")
    return Secret(first)
