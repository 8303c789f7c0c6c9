"""`--proxy` and `--proxy-file`: by which proxy a machine reaches the hub.

A password in an argument is read by every user of the machine, so there are a file, standard
input and MUSTER_CLAIM_PROXY for it; an argument with one works, with a warning.
"""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from muster.cli.arguments import Parser
from muster.cli.files import read_secret_file
from muster.cli.output import say
from muster.errors import InputError

VARIABLE = "MUSTER_CLAIM_PROXY"
_WITH_PASSWORD = re.compile(r"(?:^|//)[^/@]*:[^/@]+@")


def add_proxy(parser: Parser, known: str) -> None:
    """Both options. `known` says what `--proxy` takes."""
    parser.add_argument("--proxy", metavar="URL", help=known)
    parser.add_argument(
        "--proxy-file",
        type=Path,
        metavar="FILE",
        help=f"the same from a file (-: standard input), for one with a password; or {VARIABLE}",
    )


def proxy_of(options: argparse.Namespace, environment: Mapping[str, str]) -> str | None:
    """What was given: by argument, by file, by environment; None for nothing.

    Errors: InputError for a file that cannot be read.
    """
    given: str | None = options.proxy
    if given is not None:
        if _WITH_PASSWORD.search(given):
            say(
                "warning: every user of this machine can read a password in an argument; use"
                f" --proxy-file or {VARIABLE}"
            )
        return given
    if options.proxy_file is not None:
        text = read_secret_file(options.proxy_file, "proxy").reveal()
        if not text.isprintable():
            raise InputError(f"the proxy file {str(options.proxy_file)!r} is more than one line")
        return text
    return environment.get(VARIABLE) or None
