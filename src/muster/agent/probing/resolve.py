"""Names to addresses, as the machine's own resolver knows them, in threads that may hang.

A thread for each look-up, at most four at a time: what hangs keeps its place and nothing else,
and is left behind at exit, being a daemon.
"""

import asyncio
import ipaddress
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from muster.agent.probing.reach import Address, allows
from muster.errors import Denied, NotFound
from muster.model.probe import Reach

MAX_LOOKUPS = 4
MAX_ADDRESSES = 4  # tried of one name

LookUp = Callable[[str, int], list[str]]

_FAMILIES = {"": socket.AF_UNSPEC, "4": socket.AF_INET, "6": socket.AF_INET6}


class Resolver:
    """Looks names up. `look_up` blocks; it is the machine's own unless a test brings another."""

    def __init__(self, look_up: LookUp | None = None) -> None:
        self._look_up = look_up or _ask_machine
        self._places = asyncio.Semaphore(MAX_LOOKUPS)

    async def find(self, host: str, reach: Reach, version: str = "") -> list[Address]:
        """Addresses to try, the best first; `version` "4" or "6" for that IP alone.

        Errors: NotFound when there is none; Denied when a probe may reach none of them.
        """
        found = await self._addresses(host.strip("[]"), version)
        if not found:
            raise NotFound(f"no such host: {host[:80]!r}")
        allowed = [each for each in found if allows(reach, each)]
        if not allowed:
            name = "" if host == str(found[0]) else f"{host[:80]} is "
            raise Denied(
                f"{name}{found[0]}, which probes may not reach from here:"
                f" its agent's setting probes.reach is {reach.value}"
            )
        return allowed[:MAX_ADDRESSES]

    async def _addresses(self, host: str, version: str) -> list[Address]:
        with suppress(ValueError):
            given = ipaddress.ip_address(host)
            return [given] if version in ("", str(given.version)) else []
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()

        def settle(found: list[str]) -> None:
            self._places.release()
            if not answer.done():
                answer.set_result(found)

        def work() -> None:
            found: list[str] = []
            with suppress(OSError, UnicodeError):
                found = self._look_up(host, _FAMILIES[version])
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, found)

        threading.Thread(target=work, name="look-up", daemon=True).start()
        return [ipaddress.ip_address(each) for each in dict.fromkeys(await answer)]


def reason_of(error: OSError) -> str:
    """Why a connection came to nothing, in the system's words rather than asyncio's."""
    return os.strerror(error.errno) if error.errno else str(error) or type(error).__name__


def _ask_machine(host: str, family: int) -> list[str]:
    found = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
    texts = [str(each[4][0]) for each in found]
    return [text for text in texts if "%" not in text]  # link-local ones need an interface
