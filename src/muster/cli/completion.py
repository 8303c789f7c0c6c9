"""`muster completion`: scripts by which a shell completes commands and options."""

import argparse

from muster.cli.arguments import Commands, add_command
from muster.cli.exits import Exit


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "completion",
        _completion,
        "Print a completion script for a shell",
        examples=(
            "muster completion bash > /etc/bash_completion.d/muster",
            "muster completion zsh > ~/.zfunc/_muster",
        ),
    )
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell")


def _completion(options: argparse.Namespace) -> int:
    import shtab

    from muster.cli.main import build_parser

    print(shtab.complete(build_parser(), shell=options.shell))
    return Exit.OK
