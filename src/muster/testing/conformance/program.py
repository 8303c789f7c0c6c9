"""The command: which corpus is asked of whom, and what is told of it.

Exit status: 0 when all passed, 1 when any failed, 2 when it could not be asked.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from muster.errors import MusterError
from muster.testing.conformance.influx import Server, failures, in_memory, load
from muster.testing.conformance.influxhttp import HttpServer


def run(words: Sequence[str], write: Callable[[str], object]) -> int:
    """The exit status."""
    options = _parser().parse_args(words)
    try:
        corpus = load(options.path)
        server: Server = HttpServer(options.url) if options.url else in_memory()
        failed = 0
        for failure in failures(corpus, server):
            failed += 1
            write(f"{failure}\n\n")
    except (MusterError, OSError, json.JSONDecodeError) as error:
        write(f"{error}\n")
        return 2
    write(f"{len(corpus.cases) - failed} passed, {failed} failed\n")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m muster.testing.conformance",
        description="Ask recorded queries again and compare the answers.",
        epilog="example: python -m muster.testing.conformance influx tests/golden/influx"
        " --url http://127.0.0.1:8086",
    )
    parser.add_argument("wire", choices=["influx"], help="whose answers were recorded")
    parser.add_argument("path", type=Path, help="folder of golden_queries.json and its dataset")
    parser.add_argument(
        "--url", default="", help="server to ask, whose database g is written to; else in memory"
    )
    return parser
