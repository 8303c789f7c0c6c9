"""`muster pki web`: which certificate browsers see, and where it comes from."""

import argparse

from muster.cli.arguments import Commands, add_command, add_json
from muster.cli.exits import Exit
from muster.cli.hub_client import hub_of
from muster.cli.output import format_time, print_json, print_record

_PATH = "/api/v1/pki/web"


def add(group: Commands) -> None:
    command = add_command(
        group,
        "web",
        _web,
        "Show the certificate that browsers see, and how its renewal goes",
        examples=("muster pki web", "muster pki web --renew"),
    )
    command.add_argument("--renew", action="store_true", help="have ACME get another one now")
    add_json(command)


def _web(options: argparse.Namespace) -> int:
    hub = hub_of(options)
    found = hub.post(f"{_PATH}/renew", {}) if options.renew else hub.get(_PATH)
    if options.json:
        print_json(found)
        return Exit.OK
    print_record(
        {
            "source": found["source"],
            "for": found["names"],
            "until": format_time(found["not_after_ns"]),
            "next renewal": format_time(found["next_ns"]),
            "fault": found["fault"],
        }
    )
    return Exit.OK
