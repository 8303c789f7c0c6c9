"""`muster pki`: certificates for things that are no part of Muster, and what ends soon.

Keys are made where the command runs, or by whoever made the request; the hub has none of them.
"""

import argparse
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from muster.cli import pkiimport, pkiweb
from muster.cli.arguments import Commands, Parser, add_command, add_group, add_json, duration
from muster.cli.exits import Exit
from muster.cli.hub_client import Hub, hub_of
from muster.cli.keyfiles import certify
from muster.cli.output import format_time, print_json, print_record, print_table, say, tell
from muster.errors import InputError, NotFound

_PATH = "/api/v1/pki"
_ALL = f"{_PATH}/certificates"
_REASONS = ("unspecified", "key_compromise", "superseded", "cessation_of_operation")


def add(commands: Commands) -> None:
    group = add_group(commands, "pki", "Certificates for your other services")
    _add_sign(group)
    _add_local(group)
    _add_listing(group)
    _add_life(group)
    _add_ca(group)
    pkiimport.add(group)
    pkiweb.add(group)


def _add_sign(group: Commands) -> None:
    sign = add_command(
        group,
        "sign",
        _sign,
        "Certify a request and print the certificate with its CA",
        details="Of the request only the key is read. RSA from 2048 bits, P-256, P-384, Ed25519.",
        examples=(
            "muster pki sign nas.csr --server --dns nas.lan --ip 10.0.0.7 > nas.pem",
            "muster pki sign telegraf.csr --client backup-7 --lifetime 30d > backup-7.pem",
        ),
    )
    sign.add_argument("request", metavar="CSR", help="file; - is standard input")
    sign.add_argument("--server", action="store_true", help="for a server")
    sign.add_argument("--client", metavar="NAME", help="for a client of this name")
    _add_names(sign)
    add_json(sign)


def _add_local(group: Commands) -> None:
    for role, run in (("server", _server), ("client", _client)):
        command = add_command(
            group,
            role,
            run,
            f"Make a key here and get a certificate for a {role}",
            details="NAME.key (0600), NAME.pem and ca.pem are left in the folder; the key stays\n"
            "on this machine.",
            examples=(
                (
                    "muster pki server nas.lan --ip 10.0.0.7 --out /etc/nas/tls",
                    "muster pki server influx --dns influx.lan --dns influx --out .",
                )
                if role == "server"
                else ("muster pki client backup-7 --out /etc/backup/tls --lifetime 30d",)
            ),
        )
        command.add_argument(
            "name", metavar="NAME", help="the name in the certificate, and of the files"
        )
        command.add_argument(
            "--out", type=Path, required=True, metavar="DIR", help="where they are left"
        )
        _add_names(command)
        add_json(command)


def _add_names(command: Parser) -> None:
    command.add_argument("--dns", action="append", default=[], metavar="NAME", help="a host name")
    command.add_argument(
        "--ip", action="append", default=[], type=_address, metavar="ADDRESS", help="an IP address"
    )
    command.add_argument(
        "--lifetime",
        type=duration,
        metavar="TIME",
        help="how long it is good for (default 90d, at most 730d)",
    )


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not an IP address: {text!r}") from error


def _add_listing(group: Commands) -> None:
    listing = add_command(
        group,
        "list",
        _list,
        "List certificates of other services, newest first",
        examples=("muster pki list", "muster pki list --json"),
    )
    add_json(listing)
    show = add_command(
        group,
        "show",
        _show,
        "Show one certificate",
        examples=("muster pki show nas.lan", "muster pki show nas.lan --pem > nas.pem"),
    )
    show.add_argument("id", metavar="ID", help="id, or name of the newest that is good")
    show.add_argument("--pem", action="store_true", help="print the certificate with its CA only")
    add_json(show)
    expiring = add_command(
        group,
        "expiring",
        _expiring,
        "List what ends within 30 days, of all certificates the hub knows",
        examples=("muster pki expiring",),
    )
    add_json(expiring)
    bundle = add_command(
        group,
        "bundle",
        _bundle,
        "Print all client certificates that are good now, for programs that want a list",
        examples=("muster pki bundle > clients.pem", "muster pki bundle --servers > servers.pem"),
    )
    bundle.add_argument("--servers", action="store_true", help="those of servers")
    add_json(bundle)


def _add_life(group: Commands) -> None:
    renew = add_command(
        group,
        "renew",
        _renew,
        "Get another certificate in the place of one, with its names and usage",
        details="With --out a new key is made here, and NAME.key and NAME.pem in the folder are\n"
        "replaced. The one before is good until its end, unless you revoke it.",
        examples=(
            "muster pki renew nas.lan --out /etc/nas/tls",
            "muster pki renew nas.lan --csr nas.csr > nas.pem",
        ),
    )
    renew.add_argument("id", metavar="ID", help="id, or name of the newest that is good")
    where = renew.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", type=Path, metavar="DIR", help="make a key here")
    where.add_argument("--csr", metavar="FILE", help="a request; - is standard input")
    renew.add_argument(
        "--lifetime", type=duration, metavar="TIME", help="(default: as the one before)"
    )
    add_json(renew)
    revoke = add_command(
        group,
        "revoke",
        _revoke,
        "Put a certificate on the revocation list",
        examples=("muster pki revoke nas.lan --reason key_compromise",),
    )
    revoke.add_argument("id", metavar="ID", help="id, or name of the newest that is good")
    revoke.add_argument(
        "--reason", choices=_REASONS, default="unspecified", help="as the list says it"
    )
    add_json(revoke)


def _add_ca(group: Commands) -> None:
    ca = add_command(
        group,
        "ca",
        _ca,
        "Print the CAs for other services; the first issues",
        examples=("muster pki ca > services.pem",),
    )
    add_json(ca)
    new = add_command(
        group,
        "new-ca",
        _new_ca,
        "Let a new CA issue; those before it stay trusted and keep their lists",
        examples=("muster pki new-ca",),
    )
    add_json(new)


def _sign(options: argparse.Namespace) -> int:
    names = [*([options.client] if options.client else []), *options.dns, *options.ip]
    if not (options.server or options.client):
        raise InputError("for whom is it? give --server, --client NAME, or both")
    if not names:
        raise InputError("by which name is the server reached? give --dns NAME or --ip ADDRESS")
    body = {
        "request": _read_request(options.request),
        "names": names,
        "client": bool(options.client),
        "server": options.server,
    }
    return _print_made(options, hub_of(options).post(_ALL, body | _lifetime(options)))


def _server(options: argparse.Namespace) -> int:
    names = [*options.dns, *options.ip] if options.dns else [options.name, *options.ip]
    return _make(options, {"names": names, "server": True})


def _client(options: argparse.Namespace) -> int:
    names = [options.name, *options.dns, *options.ip]
    return _make(options, {"names": names, "client": True})


def _make(options: argparse.Namespace, body: dict[str, Any]) -> int:
    hub = hub_of(options)
    body |= {"name": options.name} | _lifetime(options)
    made = certify(options.out, options.name, lambda csr: hub.post(_ALL, body | {"request": csr}))
    return _print_made(options, made)


def _renew(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    old = _find(hub, options.id)
    path = f"{_ALL}/{old['id']}/renew"
    if options.csr:
        body = {"request": _read_request(options.csr)} | _lifetime(options)
        return _print_made(options, hub.post(path, body))
    made = certify(
        options.out,
        old["name"],
        lambda csr: hub.post(path, {"request": csr} | _lifetime(options)),
        replace=True,
    )
    return _print_made(options, made)


def _revoke(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    found = _find(hub, options.id)
    revoked = hub.post(f"{_ALL}/{found['id']}/revoke", {"reason": options.reason})
    return tell(options, revoked, f"certificate {revoked['id']} of {revoked['name']} is revoked")


def _list(options: argparse.Namespace) -> int:
    found = hub_of(options).get(_ALL)
    if options.json:
        print_json(found)
        return Exit.OK
    rows = [
        (
            each["id"],
            each["name"],
            each["names"],
            _usage(each),
            each["state"],
            format_time(each["not_after_ns"]),
        )
        for each in found
    ]
    empty = "No certificates of other services. Make one: muster pki server NAME --out DIR"
    print_table(("ID", "NAME", "FOR", "USAGE", "STATE", "UNTIL"), rows, empty)
    return Exit.OK


def _show(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    found = hub.get(f"{_ALL}/{_find(hub, options.id)['id']}")
    if options.json:
        print_json(found)
    elif options.pem:
        print(found["chain"], end="")
    else:
        print_record(
            {
                "id": found["id"],
                "name": found["name"],
                "for": found["names"],
                "usage": _usage(found),
                "state": found["state"],
                "serial": found["serial"],
                "valid": f"{format_time(found['not_before_ns'])} to"
                f" {format_time(found['not_after_ns'])}",
                "key's pin": found["key_sha256"],
                "made": f"{format_time(found['created_ns'])} by {found['created_by']}",
                "replaced by": found["replaced_by"],
                "revoked": f"{format_time(found['revoked_ns'])} {found['reason']}".strip(),
            }
        )
    return Exit.OK


def _expiring(options: argparse.Namespace) -> int:
    found = hub_of(options).get(f"{_PATH}/expiring")
    if options.json:
        print_json(found)
        return Exit.OK
    rows = [
        (
            each["kind"],
            each["name"],
            each["days"],
            format_time(each["not_after_ns"]),
            each["remedy"],
        )
        for each in found
    ]
    print_table(("KIND", "NAME", "DAYS", "UNTIL", "WHAT TO DO"), rows, "Nothing ends soon.")
    return Exit.OK


def _bundle(options: argparse.Namespace) -> int:
    kind = "servers" if options.servers else "clients"
    return _print_pem(options, hub_of(options).get(f"{_PATH}/bundle", {"of": kind}))


def _ca(options: argparse.Namespace) -> int:
    return _print_pem(options, hub_of(options).get(_PATH))


def _new_ca(options: argparse.Namespace) -> int:
    found = hub_of(options).post(f"{_PATH}/issuer", {})
    if options.json:
        print_json(found)
        return Exit.OK
    say(
        f"{found['issuers'][0]['subject']} issues from now on; whoever trusts the one before has to"
        " trust it too: muster pki ca"
    )
    return Exit.OK


def _print_pem(options: argparse.Namespace, found: Any) -> int:  # noqa: ANN401
    if options.json:
        print_json(found)
    else:
        print(found["pem"], end="")
    return Exit.OK


def _print_made(options: argparse.Namespace, made: Any) -> int:  # noqa: ANN401
    if options.json:
        print_json(made)
        return Exit.OK
    say(f"certificate {made['id']} for {', '.join(made['names'])},"
        f" until {format_time(made['not_after_ns'])}")  # fmt: skip
    if "key_file" in made:
        print_record({"key": made["key_file"], "certificate": made["chain_file"]})
    else:
        print(made["chain"], end="")
    return Exit.OK


def _find(hub: Hub, wanted: str) -> Any:  # noqa: ANN401
    """By id, or the newest that is good of a name. Errors: NotFound."""
    found = hub.get(_ALL)
    for good in (("valid",), ("valid", "replaced", "ended", "revoked")):
        for each in found:
            if each["id"] == wanted or (each["name"] == wanted and each["state"] in good):
                return each
    raise NotFound(f"no certificate {wanted!r}; muster pki list shows them")


def _usage(certificate: Any) -> list[str]:  # noqa: ANN401
    return [role for role in ("server", "client") if certificate[role]]


def _lifetime(options: argparse.Namespace) -> dict[str, int]:
    return {"lifetime_s": int(options.lifetime.total_seconds())} if options.lifetime else {}


def _read_request(name: str) -> str:
    from muster.cli.files import read_secret_file

    return read_secret_file(name, "certificate request").reveal() + "\n"
