"""`muster ca`: what everything trusts."""

import argparse

from muster.cli.arguments import Commands, add_command, add_group, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, print_json, print_record


def add(commands: Commands) -> None:
    group = add_group(commands, "ca", "The certificate authority of this hub")
    show = add_command(
        group,
        "show",
        _show,
        "Show root, issuing CAs and the pins that tokens carry",
        examples=("muster ca show", "muster ca show --pem > muster-root.pem"),
    )
    show.add_argument("--pem", action="store_true", help="print the root certificate only")
    add_json(show)


def _show(options: argparse.Namespace) -> int:
    ca = hub_of(options).get("/api/v1/ca")
    if options.json:
        print_json(ca)
    elif options.pem:
        print(ca["anchors"], end="")
    else:
        for certificate in (ca["root"], *ca["issuers"]):
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
        print_record({"pins": ca["pins"]})
    return Exit.OK
