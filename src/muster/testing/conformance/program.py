"""The command: which recordings are asked of whom, and what is told of it.

Exit status: 0 when all passed, 1 when any failed, 2 when it could not be asked.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from muster.errors import MusterError
from muster.faces.influx.callers import Way
from muster.testing.conformance.influx import Corpus, load, outcomes
from muster.testing.conformance.influxhttp import HttpServer
from muster.testing.conformance.inprocess import InProcess
from muster.testing.conformance.serving import Server


def run(words: Sequence[str], write: Callable[[str], object]) -> int:
    """The exit status."""
    options = _parser().parse_args(words)
    passed = failed = 0
    try:
        corpus = load(options.path)
        with ExitStack() as stack:
            server, guarded = _servers(options, corpus, stack)
            for name, told in outcomes(corpus, server, guarded):
                if told:
                    failed += 1
                    write(f"{name}\n{told}\n\n")
                else:
                    passed += 1
            server.fresh()  # nothing stays behind
    except (MusterError, OSError, json.JSONDecodeError) as error:
        write(f"{error}\n")
        return 2
    write(f"{passed} passed, {failed} failed\n")
    return 1 if failed else 0


def _servers(
    options: argparse.Namespace, corpus: Corpus, stack: ExitStack
) -> tuple[Server, Server]:
    """Whoever is not named is made here, in this process."""
    made = [
        HttpServer(url, corpus.databases) if url else stack.enter_context(InProcess(way))
        for url, way in ((options.url, Way.OFF), (options.auth_url, Way.PASSWORD))
    ]
    return made[0], made[1]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m muster.testing.conformance",
        description="Ask recorded requests again and compare the answers.",
        epilog="example: python -m muster.testing.conformance influx tests/golden/influx"
        " --url http://127.0.0.1:8086",
    )
    parser.add_argument("wire", choices=["influx"], help="whose answers were recorded")
    parser.add_argument("path", type=Path, help="folder of recordings: golden_*.json and others")
    parser.add_argument(
        "--url",
        default="",
        help="server to ask, without sign-in; the databases of the recordings are dropped there."
        " Left out: one in this process",
    )
    parser.add_argument(
        "--auth-url",
        default="",
        help="server with sign-in and without any user, for golden_auth.json; likewise",
    )
    return parser
