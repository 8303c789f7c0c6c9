"""Ready commands for machines that are to join: one piece of code for page and command line.

A recipe is a list of templates; a template has `@NAME@` where a value goes. Values are put
into shells, YAML and env files unquoted, so each is of letters that mean nothing there: what
is not, is refused here.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from muster.clock import SECOND_NS
from muster.collectors import COLLECTORS
from muster.core.connecting import netdataconnect
from muster.core.connecting.kit import Kit
from muster.core.connecting.netdataconnect import HubRoot
from muster.core.connecting.recipes import RECIPES, Recipe
from muster.errors import InputError, NotFound, Unavailable

MASKED = "TOKEN"  # stands for the token in previews
MAX_CONFIG = 32_768
MAX_TEMPLATE = 131_072

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_URL = re.compile(r"https://[A-Za-z0-9._:\[\]-]{1,260}")
_PROXY = re.compile(r"none|env|(http|socks5h?)://[A-Za-z0-9._~%:@\[\]-]{1,300}")
_PLACE = re.compile(r"@([A-Z][A-Z0-9_]*)@")
_ENDS = ("MUSTER_TOKEN", "MUSTER_CONFIG", "MUSTER_KICKSTART")  # of texts inside an installer


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to connect, and how."""

    environment: str
    url: str  # https://host:port of the enrol listener; for Netdata agents, of their face
    writes: str = ""  # https://host:port where Telegraf writes by certificate; empty: nowhere
    proxy: str = ""  # none, env or a URL; empty: as the machine is set up
    name: str = ""  # of the one machine an installer is for
    config: str = ""  # its agent's settings, TOML
    template: str = ""  # in place of the installer's own
    root: HubRoot | None = None  # what machines have to trust first; None: they do already


class Command(msgspec.Struct, frozen=True):
    """One thing to run. `language` is for colouring: sh."""

    title: str
    text: str
    language: str = "sh"


class File(msgspec.Struct, frozen=True):
    """One file to save beside it."""

    name: str
    text: str


class Ready(msgspec.Struct, frozen=True):
    """All that is needed for one environment."""

    commands: tuple[Command, ...]
    files: tuple[File, ...]


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An environment that may be chosen, or why not."""

    environment: str
    title: str
    available: bool
    reason: str = ""


def offers(kit: Kit, *, has_write: bool = False) -> list[Offer]:
    """Every environment there is. `has_write`: this hub takes Telegraf's metrics."""
    found = []
    for name, recipe in RECIPES.items():
        reason = _why_not(recipe, kit, has_write=has_write)
        found.append(
            Offer(environment=name, title=recipe.title, available=not reason, reason=reason)
        )
    return found


def _why_not(recipe: Recipe, kit: Kit, *, has_write: bool) -> str:
    if recipe.needs_write and not has_write:
        return (
            "this hub has no endpoint that takes its metrics by certificate:"
            " set influx.port, with influx.auth mtls"
        )
    if recipe.kind and kit.file(recipe.kind) is None:
        return "this hub could not make the files: " + ("; ".join(kit.missing) or "none fit")
    systems = {"macos" if build.libc == "darwin" else "linux" for build in kit.builds}
    if recipe.system and recipe.system not in systems:
        return (
            f"this hub has no build of the agent for {recipe.title}:"
            " tools/gather_wheels.py fetches the packages for one"
        )
    return ""


def dialect_of(environment: str) -> str:
    """Of whose agents the token is: muster or netdata. What is not known, `check` refuses."""
    recipe = RECIPES.get(environment)
    return recipe.dialect if recipe is not None else "muster"


def needs_files(environment: str) -> bool:
    """Whether machines there fetch files of the kit; else its texts are enough for commands."""
    recipe = RECIPES.get(environment)
    return recipe is not None and bool(recipe.kind)


def check(wanted: Wanted, kit: Kit, *, has_write: bool = False) -> Recipe:
    """Refuse what no command can be made of, before a token is made for it.

    Errors: NotFound, Unavailable, InputError.
    """
    recipe = RECIPES.get(wanted.environment)
    if recipe is None:
        known = ", ".join(RECIPES)
        raise NotFound(f"no such environment: {wanted.environment[:40]!r}; there are {known}")
    if reason := _why_not(recipe, kit, has_write=has_write):
        raise Unavailable(f"{wanted.environment}: {reason}", retry_after_s=0.0)
    if not _URL.fullmatch(wanted.url):
        raise InputError(f"not a hub's address like https://hub.example:7445: {wanted.url[:80]!r}")
    if wanted.proxy and not _PROXY.fullmatch(wanted.proxy):
        raise InputError(
            "proxy is none, env, http://user:password@host:port or socks5://host:port;"
            " write other characters of a password as %XX"
        )
    if (recipe.needs_name or wanted.name) and not _NAME.fullmatch(wanted.name):
        raise InputError(f"not a host name: {wanted.name[:80]!r}")
    _check_texts(wanted)
    return recipe


def _check_texts(wanted: Wanted) -> None:
    if len(wanted.config) > MAX_CONFIG or len(wanted.template) > MAX_TEMPLATE:
        raise InputError("the settings or the template are too long")
    if any(end in wanted.config for end in _ENDS) or "\0" in wanted.config + wanted.template:
        raise InputError("the settings hold a word that ends a text in an installer")
    try:
        tomllib.loads(wanted.config)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"settings: not TOML: {error}") from error


def ready(
    wanted: Wanted, recipe: Recipe, kit: Kit, *, token: str, expires_ns: int, rooms: Sequence[str]
) -> Ready:
    """The commands, with a token in them. Errors: InputError for an unknown `@NAME@`."""
    values = {
        **_values(wanted, kit),
        **_of_token(wanted, token, expires_ns, rooms),
        **netdataconnect.values(url=wanted.url, root=wanted.root, proxy=wanted.proxy, rooms=rooms),
    }
    values["OPTIONS"] = _options(wanted, rooms)
    commands = tuple(
        Command(title, _fill(kit.texts[place], values).rstrip("\n"))
        for title, place in (*(recipe.trust if wanted.root else ()), *recipe.commands)
    )
    files = [
        File(_fill(name, values), _fill(_template(wanted, kit, place), values).rstrip() + "\n")
        for name, place in recipe.files
    ]
    return Ready(commands, tuple(files))


def _template(wanted: Wanted, kit: Kit, place: str) -> str:
    return wanted.template or kit.texts[place]


def _values(wanted: Wanted, kit: Kit) -> dict[str, str]:
    """What does not depend on the token."""
    values = {
        "URL": wanted.url,
        "SHA256": kit.script_sha256,
        "VERSION": kit.version,
        "KICKSTART": kit.script.rstrip("\n"),
        "NAME": wanted.name,
        "SHORT_NAME": wanted.name.partition(".")[0],
        "CONFIG": with_proxy(wanted.config, wanted.proxy),
        "WRITES": wanted.writes,
        "COLLECTORS": json.dumps([collector.name for collector in COLLECTORS]),
    }
    for kind in ("docker", "chart", "role"):
        if file := kit.file(kind):
            values[kind.upper()] = file.name
            values[f"{kind.upper()}_SHA256"] = file.sha256
    return values | _proxy_values(wanted)


def with_proxy(config: str, proxy: str) -> str:
    """Settings of an installer's agent; a proxy goes in unless they name one.

    Errors: InputError when they are not TOML.
    """
    try:
        named = "proxy" in tomllib.loads(config).get("link", {})
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"settings: not TOML: {error}") from error
    if proxy in ("", "env") or named:
        return config.rstrip("\n")
    return f'link.proxy = "{proxy}"\n{config}'.rstrip("\n")


def _proxy_values(wanted: Wanted) -> dict[str, str]:
    """A password is in no process's arguments: it goes by the environment of the shell."""
    proxy = wanted.proxy
    has_password = "@" in proxy
    words = {"EXPORT": "", "CURL_PROXY": "", "SUDO_ENV": "", "AS_ROOT": "$(command -v sudo)"}
    if has_password:
        words["EXPORT"] = f"export https_proxy='{proxy}' &&\n  "
    if has_password or proxy == "env":
        words["SUDO_ENV"] = " --preserve-env=https_proxy"
        # Nothing where there is no sudo: who has just a root user is root.
        words["AS_ROOT"] = f"$(command -v sudo >/dev/null && echo sudo{words['SUDO_ENV']})"
    if proxy == "none":
        words["CURL_PROXY"] = " --noproxy '*'"
    elif proxy and not has_password and proxy != "env":
        words["CURL_PROXY"] = f" --proxy {proxy}"
    return words


def _options(wanted: Wanted, rooms: Sequence[str]) -> str:
    proxy = "env" if "@" in wanted.proxy else wanted.proxy
    if wanted.environment == "installer":
        proxy = ""  # stands in its settings
    given = (
        ("--claim-url", wanted.url),
        ("--claim-rooms", ",".join(rooms)),
        ("--claim-proxy", proxy),
    )
    return "".join(f" {option} {value}" for option, value in given if value)


def _of_token(
    wanted: Wanted, token: str, expires_ns: int, rooms: Sequence[str]
) -> Mapping[str, str]:
    variables = {"ROOMS": ",".join(rooms), "PROXY": wanted.proxy}
    given = {name: value for name, value in variables.items() if value}
    environment = [f"MUSTER_CLAIM_{name}={value}" for name, value in given.items()]
    until = datetime.fromtimestamp(expires_ns // SECOND_NS, UTC)
    return {
        "TOKEN": token,
        "UNTIL": f"{until:%Y-%m-%d %H:%M} UTC" if expires_ns else "its end",
        "ENV_LINES": "\n".join(environment),
        "ENV_WORDS": "".join(f" '{line}'" for line in environment),
        "VAR_LINES": "\n".join(
            f'muster_agent_claim_{name.lower()}: "{value}"' for name, value in given.items()
        ),
        "SECRET_LINES": "\n".join(f'  {name.lower()}: "{value}"' for name, value in given.items()),
    }


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in, once: what a value holds is never looked at again."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise InputError(f"template: nothing is known as @{match[1]}@")
        return values[match[1]]

    return _PLACE.sub(value, template)
