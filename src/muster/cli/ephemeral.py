"""`--ephemeral`: a hub to look at, whose data folder goes when it ends."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from muster.cli.arguments import Parser
from muster.cli.output import say
from muster.errors import InputError

_BANNER = """
  *****************************************************************
  EPHEMERAL: all that this hub knows, keys and nodes and values, is
  removed when it ends. To keep it, start it without --ephemeral.
  *****************************************************************
"""


def add_ephemeral(parser: Parser) -> None:
    parser.add_argument(
        "--ephemeral",
        action="store_true",
        help="keep nothing: a new data folder, which is removed when the hub ends",
    )


@contextmanager
def folder_of_run(options: argparse.Namespace) -> Iterator[None]:
    """While it lasts, `options.data` is the folder to run on. Errors: InputError."""
    if not options.ephemeral:
        yield
        return
    if options.data:
        raise InputError("--ephemeral makes a data folder of its own; leave out --data")
    with tempfile.TemporaryDirectory(prefix="muster-", ignore_cleanup_errors=True) as folder:
        options.data = Path(folder)
        say(_BANNER)
        yield
