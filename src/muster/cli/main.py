"""`muster`: one entry point; each command lives in a module of its own.

Modules of commands are light: what they need is imported when they run, so that the
agent's process never loads what only the hub uses.
"""

import argparse
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from muster import __version__
from muster.agent.exits import Exit as AgentExit
from muster.cli.arguments import Parser, shielded
from muster.cli.exits import Exit, every_exit, exit_of
from muster.cli.output import plain
from muster.errors import InputError, MusterError

# Every module declares `add(commands)`. The order is that of the help.
COMMANDS = (
    "up",
    "hub",
    "agent",
    "connect",
    "installer",
    "token",
    "approval",
    "sign",
    "policy",
    "space",
    "node",
    "room",
    "probe",
    "user",
    "query",
    "dashboard",
    "forward",
    "import",
    "audit",
    "ca",
    "pki",
    "doctor",
    "config",
    "backup",
    "restore",
    "store",
    "completion",
)
_MODULES = {"import": "imports"}  # of commands whose name is a word of Python
_HOMES = {"restore": "backup"}  # commands that live in another's module
HUB_PACKAGES = (
    "aiohttp",
    "argon2",
    "chdb",
    "isal",
    "jwt",
    "numpy",
    "pyarrow",
    "re2",
    "segno",
    "uvloop",
    "webauthn",
)  # of the extra "hub"
# They look at folders and programs of this machine, or run here.
_LOCAL = (
    "up",
    "hub",
    "agent",
    "policy",
    "doctor",
    "config",
    "restore",
    "store",
    "completion",
)
# Of new objects, until garbage is looked for: modules that are read leave none, and a hub reads a
# thousand. Hub and agent say later how often it is.
_SELDOM = (10_000, 20, 25)
_WITH_VALUE = ("--data", "--hub", "--token-file", "--ca-file")
EXAMPLES = """examples:
  muster up                                    hub and agent for this machine
  muster token create --room lab --ttl 10m     a token for the next machine
  muster agent claim --token-file token        join a hub from another machine
  muster node list                             who is here, and how is the link
  muster doctor                                what is wrong, and what to do

Exit codes: muster --exits"""


def build_parser(only: str = "") -> Parser:
    """The whole command line, or the part below one command."""
    parser = Parser(
        prog="muster",
        description="Which machines are mine, can I trust the link to each, and how are they?",
        epilog=EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"muster {__version__}")
    parser.add_argument("--exits", action="store_true", help="list the exit codes")
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder of hub or agent")
    parser.add_argument("--hub", metavar="URL", help="speak to a hub elsewhere (https://…)")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="API token for --hub; - for standard input"
    )
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="the CA to trust with --hub")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name in COMMANDS:
        if name not in _HOMES and (not only or _HOMES.get(only, only) == name):
            importlib.import_module(f"muster.cli.{_MODULES.get(name, name)}").add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors become one line on standard error."""
    if arguments is None:  # in a process of its own
        gc.set_threshold(*_SELDOM)
    words = shielded(sys.argv[1:] if arguments is None else arguments)
    options = build_parser(_command_in(words)).parse(words)
    if options.exits:
        return _print_exits()
    if not hasattr(options, "run"):
        build_parser().print_help()
        return int(Exit.USAGE)
    try:
        _check_place(options, words)
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except MusterError as error:
        print(f"muster: {plain(str(error))}", file=sys.stderr)
        return exit_of(error)
    except ModuleNotFoundError as error:
        return _not_installed(error)
    except PermissionError as error:
        return _not_permitted(error, _command_in(words))
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:
        # The reader went away (`muster query | head`): nothing to say, nowhere to say it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)


def _check_place(options: argparse.Namespace, words: Sequence[str]) -> None:
    """What works on this machine must not look as if it had been done elsewhere."""
    if options.hub and (name := _command_in(words)) in _LOCAL:
        raise InputError(f"muster {name} works on this machine: leave --hub out, or run it there")


def _not_installed(error: ModuleNotFoundError) -> int:
    """The bare install is the agent; what else is missing is a fault of the install."""
    if (error.name or "").partition(".")[0] not in HUB_PACKAGES:
        raise error
    print(
        "muster: this command is the hub's, and only the agent is installed here:"
        f" pip install 'musterd[hub]' ({error.name} is missing)",
        file=sys.stderr,
    )
    return int(Exit.NOT_INSTALLED)


def _not_permitted(error: PermissionError, command: str) -> int:
    """Folders of hub and agent are one user's own; what names no file is a fault of Muster."""
    if error.filename is None:
        raise error
    print(
        f"muster: {plain(str(error.filename))}: permission denied; do this as the user that the"
        " folder belongs to",
        file=sys.stderr,
    )
    return int(AgentExit.PERMISSION if command == "agent" else Exit.DENIED)


def _command_in(words: Sequence[str]) -> str:
    """The command's name, so that no other command's module is loaded; empty if unsure."""
    left = iter(words)
    for word in left:
        if word in _WITH_VALUE:
            next(left, None)
        elif not word.startswith("-"):
            return word if word in COMMANDS else ""
    return ""


def _print_exits() -> int:
    for code, meaning in every_exit().items():
        print(f"{code:>4}  {meaning}")
    return int(Exit.OK)


if __name__ == "__main__":
    raise SystemExit(main())
