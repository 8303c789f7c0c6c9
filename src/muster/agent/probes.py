"""The agent's probes: its own, from its settings, and those that its hubs give it.

What a hub gives lies in that hub's folder, so that it goes on while the hub is away and after a
restart; its results go to that hub alone. The settings file is looked at every few seconds: its
probes change while the agent runs. What carries probes out is loaded with the first of them.

Source: docs/guide/probes.md
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import msgspec

from muster.agent.probestatus import Emit, ProbeStatus, Reply
from muster.clock import Clock
from muster.errors import Denied, InputError, MusterError
from muster.files import write_new
from muster.model.probe import (
    MAX_PROBES,
    DnsProbe,
    HttpProbe,
    PingProbe,
    Probe,
    Reach,
    check,
    kind_of,
)

if TYPE_CHECKING:
    from muster.agent.probing.prober import Prober

log = logging.getLogger(__name__)

FILE = "probes.json"  # in a hub's folder
OWN = ""  # whose probes those of the settings are; their results go to every hub
LOOK_S = 3.0
_MAX_FILE = 1 << 20

T = TypeVar("T")


class ProbeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Probes of this agent, and what those that a hub gives it may reach."""

    # what a hub's probes may reach: none, public, private or any addresses
    reach: Reach = Reach.PUBLIC
    ping: tuple[PingProbe, ...] = ()  # [[probes.ping]]: `url` and how it is asked
    dns_query: tuple[DnsProbe, ...] = ()  # [[probes.dns_query]]: `server`, `domain` and the like
    http_response: tuple[HttpProbe, ...] = ()  # [[probes.http_response]]: `url` and what to expect

    def __post_init__(self) -> None:
        """Errors: ValueError, of which the reader of settings makes one that names the file."""
        try:
            self.all()
        except InputError as error:
            raise ValueError(str(error)) from error

    def all(self) -> tuple[Probe, ...]:
        """Every one. Errors: InputError for one that makes no sense."""
        return checked([*self.ping, *self.dns_query, *self.http_response])


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """probes.json, and what a hub's question "probes" brings."""

    probes: Annotated[tuple[Probe, ...], msgspec.Meta(max_length=MAX_PROBES)] = ()


class OneProbe(msgspec.Struct, frozen=True, kw_only=True):
    """What a hub's question "probe" brings."""

    probe: Probe


class ProbingHub(NamedTuple):
    """A hub that may give probes: where its folder is, and whether it may have a measurement."""

    folder: Path
    shows: Callable[[str], bool]

    def require(self, probes: Iterable[Probe]) -> None:
        """Errors: Denied for a probe whose results this hub may not have."""
        for kind in sorted({kind_of(probe) for probe in probes}):
            if not self.shows(kind):
                raise Denied(f"this hub may not have {kind}: muster agent allow says what it may")


class AgentProbes:
    """`run` until cancelled. `hubs` tells the hubs there are now, by name."""

    def __init__(
        self,
        *,
        settings: ProbeSettings,
        clock: Clock,
        emit: Emit,
        hubs: Callable[[], Mapping[str, ProbingHub]],
        reload: Callable[[], ProbeSettings | None] = lambda: None,
    ) -> None:
        """`reload` reads the settings anew when their file has changed, else gives None."""
        self._settings = settings
        self._clock = clock
        self._emit = emit
        self._hubs = hubs
        self._reload = reload
        self._given: dict[str, tuple[Probe, ...]] = {}
        self._prober: Prober | None = None
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Keep up with settings and hubs, and probe."""
        self._assign(OWN, self._settings.all())
        async with asyncio.TaskGroup() as jobs:
            is_running = False
            while True:
                self.look()
                if self._prober is not None and not is_running:
                    jobs.create_task(self._prober.run())
                    is_running = True
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self._hurry.wait()
                except TimeoutError:
                    continue
                finally:
                    self._hurry.clear()

    def look(self) -> None:
        """Take up what has changed: the settings file, and hubs that came or went."""
        try:
            fresh = self._reload()
        except MusterError as error:
            log.warning("probes stay as they were", extra={"cause": str(error)})
            fresh = None
        if fresh is not None:
            self._settings = fresh
            self._assign(OWN, fresh.all())
        hubs = self._hubs()
        for name in [each for each in self._given if each not in hubs]:
            del self._given[name]
            self._assign(name, ())
        for name, hub in hubs.items():
            if name not in self._given:
                self._given[name] = read_given(hub.folder)
            # Anew each time: what a hub may have, and what its probes may reach, can change.
            self._assign(name, tuple(p for p in self._given[name] if hub.shows(kind_of(p))))

    def take(self, name: str, hub: ProbingHub, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """A hub gives its probes: all of them, in place of those before.

        Errors: Denied when this agent takes none; InputError. Then nothing has changed.
        """
        if self._settings.reach is Reach.NONE:
            raise Denied("this agent runs no probes of a hub: its setting probes.reach is none")
        probes = checked(_converted(arguments, Given).probes)
        hub.require(probes)
        if self._given.get(name) != probes:
            write_given(hub.folder, probes)
            self._given[name] = probes
            self._assign(name, probes)
        return {"probes": len(probes), "reach": self._settings.reach.value}

    def test(self, hub: ProbingHub, arguments: Mapping[str, Any], reply: Reply) -> None:
        """Carry out a probe of a hub once, now; `reply` is called when it is done.

        Errors: Denied, InputError, LimitExceeded; then `reply` is not called.
        """
        if self._settings.reach is Reach.NONE:
            raise Denied("this agent runs no probes of a hub: its setting probes.reach is none")
        probe = check(_converted(arguments, OneProbe).probe)
        hub.require([probe])
        self._have_prober().test(probe, self._settings.reach, reply)

    def status(self) -> list[ProbeStatus]:
        return self._prober.status() if self._prober is not None else []

    def _assign(self, owner: str, probes: tuple[Probe, ...]) -> None:
        if not probes and self._prober is None:
            return
        reach = Reach.ANY if owner == OWN else self._settings.reach
        self._have_prober().assign(owner, probes if reach is not Reach.NONE else (), reach)

    def _have_prober(self) -> "Prober":
        """Made when it is first needed: most agents never probe."""
        if self._prober is None:
            from muster.agent.probing.prober import Prober
            from muster.agent.probing.run import ProbeRunner

            self._prober = Prober(
                clock=self._clock, run=ProbeRunner(self._clock).run, emit=self._emit
            )
            self._hurry.set()
        return self._prober


def checked(probes: Iterable[Probe]) -> tuple[Probe, ...]:
    """Without repetitions. Errors: InputError."""
    found = tuple(dict.fromkeys(check(probe) for probe in probes))
    if len(found) > MAX_PROBES:
        raise InputError(f"an agent has up to {MAX_PROBES} probes of one origin, not {len(found)}")
    return found


def read_given(folder: Path) -> tuple[Probe, ...]:
    """What a hub gave before; nothing where it cannot be read: the hub tells it again."""
    try:
        with (folder / FILE).open("rb") as file:
            return checked(msgspec.json.decode(file.read(_MAX_FILE), type=Given).probes)
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.MsgspecError, MusterError) as error:
        extra = {"file": str(folder / FILE), "cause": str(error)}
        log.warning("a hub's probes are not known until it comes", extra=extra)
        return ()


def write_given(folder: Path, probes: tuple[Probe, ...]) -> None:
    """What cannot be kept is only logged: the hub tells it again."""
    fresh = folder / f"{FILE}.new"
    try:
        fresh.unlink(missing_ok=True)
        write_new(fresh, msgspec.json.encode(Given(probes=probes)) + b"\n")
        fresh.replace(folder / FILE)
    except OSError as error:
        log.warning("a hub's probes not kept", extra={"file": str(fresh), "cause": str(error)})


def _converted(arguments: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(dict(arguments), kind)
    except msgspec.ValidationError as error:
        raise InputError(f"not a probe: {error}") from error
