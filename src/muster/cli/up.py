"""`muster up`: the main job: a hub and the agent of this machine."""

import argparse

from muster.cli.arguments import Commands, add_command
from muster.cli.exits import Exit


def add(commands: Commands) -> None:
    from muster.cli.hub import add_options

    parser = add_command(
        commands,
        "up",
        _up,
        "Run a hub and an agent for this machine",
        details="The agent is claimed with a real token and connects over the real link.\n"
        "A second start on the same folder keeps CA, nodes and data.",
        examples=(
            "muster up",
            "muster up --ephemeral",
            "muster up --data /srv/muster --port-base 8440 --json",
        ),
    )
    add_options(parser)


def _up(options: argparse.Namespace) -> int:
    from muster.cli.ephemeral import folder_of_run
    from muster.cli.hub import Announcer, config_rows, set_up_log, settings_of
    from muster.hub.runner import serve
    from muster.hub.up import hub_and_agent

    with folder_of_run(options):
        loaded = settings_of(options)
        set_up_log(options, loaded.value.log_level)
        hub = hub_and_agent(loaded.value, config=config_rows(loaded))
        serve(hub, Announcer(as_json=options.json))
    return Exit.OK
