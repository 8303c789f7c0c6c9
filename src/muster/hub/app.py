"""The hub: built, started in the right order, run in one TaskGroup, stopped in the right order.

Start: 1 hold the folder and the ports  2 records, CA, certificate  3 build all parts
4 browsers, the operator and claims are answered  5 read the journal; only then agents are let
in, and what they send can be acknowledged  6 ready. The engine starts meanwhile.
Stop: 1 goodbye to agents, no new connections  2 requests under way finish  3 what was
accepted goes to disk  4 the folder is let go.
"""

import asyncio
import logging
import os
import ssl
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from muster import __version__
from muster.clock import Clock
from muster.errors import MusterError, Unavailable
from muster.faces.influx.callers import Way
from muster.faces.native.hub import ConfigRow
from muster.hub.assembly.foundation import Foundation, in_own_process
from muster.hub.assembly.listeners import Doors, Listeners, gated
from muster.hub.assembly.parts import Parts
from muster.hub.assembly.routes import Routes
from muster.hub.places import Places, ReadyInfo, ready_info
from muster.hub.process.limits import raise_open_files
from muster.hub.process.lock import FolderLock
from muster.hub.settings import Settings, check
from muster.hub.wires.influx import addresses_of as influx_addresses
from muster.net.server import Listener
from muster.store.files import make_private_folder

log = logging.getLogger(__name__)

Ready = Callable[[ReadyInfo], None]
Job = Callable[[], Coroutine[Any, Any, None]]

_RETRY_S = 2.0  # told to agents when the hub stops; they add their jitter
_MANY_LINKS = 1_000
_FINISH_S = 1.0  # for requests under way, where so many links are
_CLOSE_S = 7.0  # for the stores to close; what was acknowledged is safe without


class Hub:
    """One hub. `run` until `stop`."""

    def __init__(
        self, settings: Settings, *, clock: Clock, config: Sequence[ConfigRow] = ()
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._config = config
        self._places = Places(settings.data)
        self._foundation = Foundation(
            settings=settings, places=self._places, clock=clock, signer=in_own_process
        )
        self._stop = asyncio.Event()
        self._beside: list[Job] = []

    def stop(self) -> None:
        """Let `run` end."""
        self._stop.set()

    def reload(self) -> None:
        """Read the web certificate's files anew."""
        self._foundation.web_certificate.reload()

    def beside(self, job: Job) -> None:
        """Run something as long as the hub runs, from the moment it is ready."""
        self._beside.append(job)

    async def run(self, ready: Ready) -> None:
        """Serve until `stop`. Errors: FolderInUse, PortInUse, SettingsError, Unavailable."""
        check(self._settings)
        raise_open_files()
        # 1
        make_private_folder(self._places.data)
        with FolderLock(self._places.data):
            proxy = self._settings.proxy
            acme_port = self._settings.acme.http_port if self._settings.acme.directory else 0
            doors = Doors(
                self._places,
                self._settings.listen,
                proxy.plain_listen,
                acme_port,
                self._settings.netdata.port,
                (
                    influx_addresses(self._settings.influx, self._settings.listen.addresses),
                    self._settings.influx.port,
                ),
                (self._settings.influx.udp_addresses, self._settings.influx.udp_port),
            )
            try:
                # 2
                await asyncio.to_thread(self._foundation.open)
                await self._serve(doors, ready)
            finally:
                doors.close()
                self._foundation.close()
        log.info("hub ended")

    async def _serve(self, doors: Doors, ready: Ready) -> None:
        # 3
        self.parts = parts = Parts(
            settings=self._settings,
            places=self._places,
            clock=self._clock,
            foundation=self._foundation,
        )
        parts.influx.udp.listen(doors.udp)
        parts.influx.ingest.tell(parts.links.wrote)
        password_file = await self._foundation.first_start(parts.accounts, parts.inventory)
        await asyncio.to_thread(parts.assets.load)
        await asyncio.to_thread(parts.roster.warm)
        await asyncio.to_thread(parts.views.warm, self._foundation.records.nodes.nodes())
        certificate, web = self._foundation.certificate, self._foundation.web_certificate
        settings = self._settings
        build = Listeners(parts, doors, settings.listen, settings.proxy, web.hosts)
        offered = Routes(parts)
        routes = [
            *offered.api_routes(self._config),
            *gated(offered.data_routes(), lambda: parts.vitals.starting),
        ]
        first = [
            *build.web(
                [*routes, *offered.netdata_routes(settings.listen.port_base)], web.context()
            ),
            *build.netdata(offered.netdata_routes(settings.netdata.port), web.context()),
            *build.influx(
                [
                    *parts.influx.health_routes(),
                    *gated(parts.influx.data_routes(), lambda: parts.vitals.starting),
                ],
                self._influx_context(),
            ),
            build.local(routes),
            build.enrol(certificate.enrol()),
            *build.acme(),
        ]
        agents = build.agents(certificate.agents())
        try:
            async with asyncio.TaskGroup() as jobs:
                # 4
                serving = [jobs.create_task(each.run()) for each in first]
                others = [jobs.create_task(job()) for job in self._jobs(parts)]
                # 5
                await self._open_plane(parts)
                serving.append(jobs.create_task(agents.run()))
                others.append(jobs.create_task(parts.influx.run()))
                others.append(jobs.create_task(parts.forward.forwarding.run()))
                others.append(jobs.create_task(parts.backups.run()))
                # 6
                others += [jobs.create_task(job()) for job in self._beside]
                self._tell(ready, password_file)
                await self._stop.wait()
                await self._end(parts, [*first, agents], serving)
                for job in others:
                    job.cancel()
        finally:
            await self._close(parts)

    def _influx_context(self) -> ssl.SSLContext | None:
        """Where certificates are asked for, the hub's own is shown; else the web's."""
        match self._settings.influx.auth:
            case Way.MTLS:
                return self._foundation.certificate.agents()
            case Way.PASSWORD:
                return self._foundation.web_certificate.context()
            case Way.OFF:
                return None

    async def _open_plane(self, parts: Parts) -> None:
        parts.vitals.starting = "the hub is starting: it reads its journal"
        try:
            await asyncio.to_thread(parts.plane.open)
        except OSError as error:
            raise Unavailable(f"the journal cannot be read: {error}") from error
        parts.head.begin(parts.plane.newest)
        parts.forgetting.look()
        parts.plane.start()
        parts.vitals.starting = ""

    def _jobs(self, parts: Parts) -> list[Job]:
        return [
            parts.links.run,
            parts.authorities.run,
            parts.revocations.run,
            parts.pki.lists.run,
            parts.pki.endings.run,
            parts.pki.web.run,
            parts.ingest.run,
            parts.live.run,
            parts.netdata.links.run,
            parts.netdata.run,
            parts.vitals.run,
            parts.runtime.run,
            self._foundation.certificate.run,
            self._foundation.web_certificate.run,
            parts.addresses.run,
            parts.housekeeping.run,
            parts.expiry.run,
            parts.audit_anchor.run,
        ]

    def _tell(self, ready: Ready, password_file: str) -> None:
        settings = self._settings
        info = ready_info(
            self._places.data,
            settings.listen,
            password_file,
            netdata_port=settings.netdata.port,
            influx=settings.influx,
        )
        log.info(
            "hub is ready", extra={"web": info.web, "agents": info.agents, "version": __version__}
        )
        ready(info)

    async def _end(
        self,
        parts: Parts,
        listeners: Sequence[Listener],
        serving: Sequence["asyncio.Task[None]"],
    ) -> None:
        """Stop 1 and 2."""
        log.info("hub stops")
        for listener in listeners:
            listener.shut()
        await parts.links.close_all("the hub is stopping", _RETRY_S)
        parts.links.look()
        await parts.links.write_seen()
        if len(parts.links) > _MANY_LINKS:
            await self._leave_now(parts, listeners[:-1], serving[:-1])
        for listener in listeners:
            listener.stop()
        await asyncio.gather(*serving)
        parts.links.look()
        await parts.links.write_seen()

    async def _leave_now(
        self,
        parts: Parts,
        listeners: Sequence[Listener],
        serving: Sequence["asyncio.Task[None]"],
    ) -> None:
        """Let requests finish, put everything on disk, and end with the agents' links open.

        To unwind ten thousand takes longer than a stop may; the kernel closes them.
        """
        for listener in listeners:
            listener.stop()
        await asyncio.wait(serving, timeout=_FINISH_S)
        await self._close(parts)
        self._foundation.close()
        log.info("hub ended", extra={"links": len(parts.links)})
        logging.shutdown()
        os._exit(0)

    async def _close(self, parts: Parts) -> None:
        """Stop 3, in a thread that is left behind when it hangs."""
        loop, closed = asyncio.get_running_loop(), asyncio.Event()

        def close() -> None:
            try:
                # A question that runs on would hold the process up at its very end.
                self.left_behind = not parts.queries.close()
                parts.plane.close()
            except MusterError as error:
                log.warning("not all was closed", extra={"error": str(error)})
            finally:
                loop.call_soon_threadsafe(closed.set)

        threading.Thread(target=close, name="close", daemon=True).start()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await closed.wait()
        except TimeoutError:
            log.warning("the engine takes too long to stop; it is left behind")
            self.left_behind = True

    left_behind = False
