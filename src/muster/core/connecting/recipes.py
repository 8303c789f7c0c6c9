"""The environments a machine can join from, each with its templates: one table.

Places are those of the package's own files (hub/packaging).
"""

import msgspec


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """One environment. Shapes: commands are (title, place), files (name, place).

    `kind` is the kit's file it needs; `system` the system the agent must have a build for.
    `trust` comes before the commands where machines do not know the hub's CA yet; `dialect`
    is of whom its token is for.
    """

    title: str
    trust: tuple[tuple[str, str], ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    kind: str = "script"
    system: str = ""
    needs_name: bool = False
    needs_write: bool = False
    dialect: str = "muster"


_BUILD = ("Build the image, once", "connect/docker-build.sh")

RECIPES: dict[str, Recipe] = {
    "linux": Recipe(
        title="Linux",
        system="linux",
        commands=(
            ("With curl", "connect/linux-curl.sh"),
            ("With wget", "connect/linux-wget.sh"),
            ("Without root, in a folder of your own", "connect/linux-user.sh"),
            ("Where the agent is installed already", "connect/linux-agent.sh"),
        ),
    ),
    "docker": Recipe(
        title="Docker",
        kind="docker",
        commands=(_BUILD, ("Run it", "connect/docker-run.sh")),
    ),
    "compose": Recipe(
        title="Docker Compose",
        kind="docker",
        commands=(_BUILD, ("Start it", "connect/compose-up.sh")),
        files=(("compose.yaml", "docker/compose.yaml"), ("muster.env", "connect/muster.env")),
    ),
    "kubernetes": Recipe(
        title="Kubernetes",
        kind="chart",
        commands=(_BUILD, ("One agent on each node", "connect/kubernetes.sh")),
    ),
    "macos": Recipe(
        title="macOS", system="macos", commands=(("In a terminal", "connect/macos.sh"),)
    ),
    "ansible": Recipe(
        title="Ansible",
        kind="role",
        commands=(("On the control machine", "connect/ansible.sh"),),
        files=(
            ("muster.yaml", "connect/muster.yaml"),
            ("muster-claim.yaml", "connect/muster-claim.yaml"),
        ),
    ),
    "telegraf": Recipe(
        title="Telegraf",
        needs_write=True,
        kind="",  # beside an agent that is there: nothing is fetched
        commands=(("On the machine that runs Telegraf", "connect/telegraf.sh"),),
        files=(
            ("muster.conf", "telegraf/muster.conf"),
            ("agent.toml", "telegraf/agent.toml"),
            ("muster-telegraf.service", "telegraf/muster-telegraf.service"),
            ("muster-telegraf.path", "telegraf/muster-telegraf.path"),
            ("muster-telegraf-reload.service", "telegraf/muster-telegraf-reload.service"),
        ),
    ),
    "installer": Recipe(
        title="Installer file",
        needs_name=True,
        system="linux",
        files=(("install-on-@NAME@.sh", "connect/installer.sh"),),
    ),
    "netdata": Recipe(
        title="Netdata 2, claim.conf",
        kind="",
        dialect="netdata",
        trust=(("Trust this hub, once", "connect/netdata-trust.sh"),),
        commands=(("Claim it", "connect/netdata-conf.sh"),),
    ),
    "netdata-script": Recipe(
        title="Netdata 1, claiming script",
        kind="",
        dialect="netdata",
        trust=(("Trust this hub, once", "connect/netdata-trust.sh"),),
        commands=(("Claim it", "connect/netdata-script.sh"),),
    ),
    "netdata-docker": Recipe(
        title="Netdata in Docker",
        kind="",
        dialect="netdata",
        trust=(("Trust this hub, once", "connect/netdata-docker-trust.sh"),),
        commands=(("Run it", "connect/netdata-docker-run.sh"),),
    ),
    "netdata-compose": Recipe(
        title="Netdata in Docker Compose",
        kind="",
        dialect="netdata",
        trust=(("Trust this hub, once", "connect/netdata-docker-trust.sh"),),
        commands=(("Start it", "connect/netdata-compose-up.sh"),),
        files=(
            ("compose.yaml", "connect/netdata-compose.yaml"),
            ("netdata.env", "connect/netdata.env"),
        ),
    ),
    "netdata-kubernetes": Recipe(
        title="Netdata in Kubernetes",
        kind="",
        dialect="netdata",
        trust=(("Trust this hub, once", "connect/netdata-kubernetes-trust.sh"),),
        commands=(("Install it", "connect/netdata-kubernetes.sh"),),
        files=(("netdata-values.yaml", "connect/netdata-values.yaml"),),
    ),
}
