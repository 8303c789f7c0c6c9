"""A browser beside a fleet, for bench/fleet.py: the list of nodes and a live page.

    .venv/bin/python bench/pages.py WEB DATA    (the hub's address and its data folder)

Over HTTPS with a signed-in session asks once a second for the first nodes, as the web page does
when it is loaded, and every ten seconds for all the others as well, as it goes on to do; a live
page is kept open, by which it hears of everything else. Each line on standard input begins a
phase; one JSON object answers with the figures of the phase that ended: how long it took until
the first nodes were there to see and until all were, how many of each over a second, how long
the live page said nothing.
"""

import asyncio
import json
import os
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import msgspec

ASK_S = 1.0
ALL_EVERY = 10  # as many questions for the first nodes: one goes on to all of them
FIRST_PAGE, NEXT_PAGE = 500, 10_000  # nodes, as web/src/state/nodes.ts
PATIENCE = aiohttp.ClientTimeout(60)


Ask = Callable[[aiohttp.ClientSession, float], Awaitable[None]]


class Listed(msgspec.Struct):
    id: str


_ids = msgspec.json.Decoder(list[Listed]).decode


class Pages:
    def __init__(self, web: str, folder: Path) -> None:
        self._web = web
        self._folder = folder
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._loads = 0
        self.begin()

    def begin(self) -> None:
        self.first: list[float] = []
        self.lists: list[float] = []
        self.small: list[float] = []
        self.failures = 0
        self.gap = 0.0  # the longest silence of an open live page
        self.bytes = self.messages = self.list_bytes = 0

    def figures(self) -> dict:
        def ms(values: list[float]) -> dict:
            ordered = sorted(values)
            if not ordered:
                return {}
            middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
            return {
                "p50_ms": round(middle * 1e3),
                "p99_ms": round(late * 1e3),
                "max_ms": round(ordered[-1] * 1e3),
                "count": len(ordered),
                "slow": sum(each > 1 for each in ordered),
            }

        return {
            "first_nodes": ms(self.first),
            "nodes": ms(self.lists),
            "session": ms(self.small),
            "nodes_mb": round(self.list_bytes / 1e6, 2),
            "failed": self.failures,
            "live_longest_silence_ms": round(self.gap * 1e3),
            "live_bytes": self.bytes,
            "live_messages": self.messages,
        }

    async def run(self) -> None:
        connector = aiohttp.TCPConnector(ssl=self._context)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self._web, connector=connector, cookie_jar=jar) as http:
            password = (self._folder / "admin-password").read_text().strip()
            body = {"name": "admin", "password": password}
            async with http.post("/api/v1/session", json=body, headers=self._own) as answer:
                assert answer.status < 300, await answer.text()
            async with asyncio.TaskGroup() as jobs:
                jobs.create_task(self._often(self._list, http))
                jobs.create_task(self._often(self._session, http))
                jobs.create_task(self._watch(http))
                jobs.create_task(self._obey())

    @property
    def _own(self) -> dict[str, str]:
        return {"Origin": self._web, "Sec-Fetch-Site": "same-origin"}

    async def _often(self, ask: Ask, http: aiohttp.ClientSession) -> None:
        while True:
            began = time.perf_counter()
            try:
                await ask(http, began)
            except (aiohttp.ClientError, OSError, TimeoutError):
                self.failures += 1
            await asyncio.sleep(max(0.05, ASK_S - (time.perf_counter() - began)))

    async def _session(self, http: aiohttp.ClientSession, began: float) -> None:
        async with http.get("/api/v1/session", timeout=PATIENCE, raise_for_status=True) as answer:
            await answer.read()
        self.small.append(time.perf_counter() - began)

    async def _list(self, http: aiohttp.ClientSession, began: float) -> None:
        after, limit, size = "", FIRST_PAGE, 0
        self._loads += 1
        while True:
            query = {"limit": str(limit), "after": after}
            async with http.get(
                "/api/v1/nodes", params=query, timeout=PATIENCE, raise_for_status=True
            ) as answer:
                body = await answer.read()
            if not after:
                self.first.append(time.perf_counter() - began)
                if self._loads % ALL_EVERY:
                    return
            size += len(body)
            page = _ids(body)
            if len(page) < limit:
                break
            after, limit = page[-1].id, NEXT_PAGE
        self.lists.append(time.perf_counter() - began)
        self.list_bytes = max(self.list_bytes, size)

    async def _watch(self, http: aiohttp.ClientSession) -> None:
        while True:
            try:
                async with http.ws_connect(
                    "/api/v1/live", headers=self._own, max_msg_size=0
                ) as page:
                    await page.send_str('{"nodes":true}')
                    last = 0.0
                    async for message in page:
                        now = time.perf_counter()
                        self.gap = max(self.gap, now - last if last else 0.0)
                        last = now
                        self.messages += 1
                        self.bytes += len(message.data or "")
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(0.2)

    async def _obey(self) -> None:
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(self.figures()), flush=True)
            self.begin()
        os._exit(0)


if __name__ == "__main__":
    asyncio.run(Pages(sys.argv[1], Path(sys.argv[2])).run())
