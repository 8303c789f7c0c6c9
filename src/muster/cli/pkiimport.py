"""`muster pki import`: a CA that was made by hand, and what it gave, on the hub's machine."""

import argparse
import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from muster.cli.arguments import Commands, add_command, add_json
from muster.cli.files import read_secret_file
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, say, tell
from muster.cli.places import hub_data
from muster.clock import SystemClock
from muster.errors import InputError, MusterError
from muster.log import Secret

if TYPE_CHECKING:
    from muster.hub.keys.handmadeca import HandmadeCa


def add(group: Commands) -> None:
    command = add_command(
        group,
        "import",
        _import,
        "Let the CA of your own files issue: ca, server and client, each .key and .cer",
        details="Whoever trusts that CA goes on without a change. Its key goes into the folder of\n"
        "the hub's keys (0600); those of server and client stay where they are. What is weak is\n"
        "named. Run it on the hub's machine, as the hub's user.",
        examples=("muster pki import /etc/homestack/pki --dry-run", "muster pki import pki"),
    )
    command.add_argument("folder", type=Path, metavar="DIR", help="the folder of the six files")
    command.add_argument("--dry-run", action="store_true", help="look, and change nothing")
    command.add_argument(
        "--passphrase-file", metavar="FILE", help="of encrypted keys; - is standard input"
    )
    add_json(command)


def _import(options: argparse.Namespace) -> int:
    from muster.hub.keys.ceremony import require_owner
    from muster.hub.keys.handmadeca import read_handmade_ca
    from muster.store.keystore import KeyStore

    if options.hub:
        raise InputError("keys of a CA are handled on the hub's own machine, without --hub")
    found = read_handmade_ca(options.folder, _Passphrases(options), SystemClock().now_ns())
    if not options.json:
        for each in found.remarks:
            say(f"weak: {each}" if ": " in each else each)
    if options.dry_run:
        return _done(options, found.remarks, 0, _plan(found))
    folder = hub_data(options) / "ca"
    require_owner(folder)
    staged = KeyStore(folder=folder).staged_services
    staged.lay(found.key, found.ca)
    leaves = [{"role": role, "pem": pem} for role, pem in found.leaves]
    try:
        told = hub_of(options).post("/api/v1/pki/import", {"ca": found.ca, "leaves": leaves})
    except MusterError:
        staged.drop()
        raise
    staged.drop()
    text = (
        "this CA issues from now on (muster pki server, client, sign); the hub warns before it"
        " ends, and before what it gave does. Move ca.key away: the hub has its own copy"
    )
    return _done(options, found.remarks, told["certificates"], text)


def _plan(found: "HandmadeCa") -> str:
    """What would be done, for people."""
    from muster.pki import keys

    ca = keys.views(found.ca)[0]
    known = ", ".join(role for role, _ in found.leaves)
    lines = [
        "it fits together. Without --dry-run:",
        f"  {ca.subject!r}, until {format_time(ca.not_after_ns)}, issues for other services;"
        " whoever trusts it goes on",
        "  its key is copied into the folder of the hub's keys (0600)",
    ]
    if known:
        lines.append(f"  the certificates of {known} are listed, warned of, and can be revoked")
    return "\n".join([*lines, "nothing was changed"])


def _done(options: argparse.Namespace, remarks: tuple[str, ...], new: int, text: str) -> int:
    return tell(options, {"remarks": remarks, "certificates": new}, text)


class _Passphrases:
    """Asked for once: people give the same to all three keys."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._file = options.passphrase_file
        self._given: Secret | None = None

    def __call__(self, path: Path) -> Secret:
        if self._given is None:
            if self._file is not None:
                self._given = read_secret_file(self._file, "passphrase")
            else:
                self._given = Secret(getpass.getpass(f"Passphrase of {path}: "))
        return self._given
