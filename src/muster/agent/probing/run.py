"""One probe carried out once: Points, whatever happens, and in words what went wrong."""

import asyncio
import logging
from typing import NamedTuple

from muster.agent.probing import dns
from muster.agent.probing import ping as icmp
from muster.agent.probing.http import Visit, WebProber, shown_of
from muster.agent.probing.resolve import Resolver
from muster.clock import Clock
from muster.collectors.probes import dns_query, http_response, ping, x509_cert
from muster.errors import MusterError, NotFound
from muster.model.metric import Point
from muster.model.probe import DnsProbe, HttpProbe, PingProbe, Probe, Reach

log = logging.getLogger(__name__)

LOOK_UP_S = 5.0  # for a name, beyond the probe's own time-out


class Outcome(NamedTuple):
    """What a probe came to. `fault` is empty when all went well."""

    points: list[Point]
    fault: str = ""


class ProbeRunner:
    """Carries out probes of every kind."""

    def __init__(self, clock: Clock, resolver: Resolver | None = None) -> None:
        self._clock = clock
        self._resolver = resolver or Resolver()
        self._web = WebProber(self._resolver, clock)

    async def run(self, probe: Probe, reach: Reach, time_ns: int) -> Outcome:
        """Once, now; the points carry `time_ns`. Never fails."""
        match probe:
            case PingProbe():
                return await self._ping(probe, reach, time_ns)
            case DnsProbe():
                return await self._dns(probe, reach, time_ns)
            case HttpProbe():
                return await self._http(probe, reach, time_ns)

    async def _ping(self, probe: PingProbe, reach: Reach, time_ns: int) -> Outcome:
        code, fault = ping.ERROR, ""
        try:
            async with asyncio.timeout(probe.longest_s + LOOK_UP_S):
                address = (await self._resolver.find(probe.url, reach, probe.ip))[0]
                pinged = await icmp.ping(probe, address, self._clock)
            return Outcome([ping.point(probe, pinged, time_ns)], _lost(pinged))
        except NotFound as error:
            code, fault = ping.NO_HOST, str(error)
        except (MusterError, OSError) as error:
            fault = str(error) or "no answer in time"
        return Outcome([ping.point(probe, ping.Pinged(code=code), time_ns)], fault)

    async def _dns(self, probe: DnsProbe, reach: Reach, time_ns: int) -> Outcome:
        is_late = False
        try:
            async with asyncio.timeout(probe.timeout_s + LOOK_UP_S):
                address = (await self._resolver.find(probe.server, reach))[0]
                asked = await dns.ask(probe, address, self._clock)
            fault = asked.rcode if asked.rcode_value else ""
            return Outcome([dns_query.point(probe, asked, time_ns)], fault)
        except TimeoutError:
            is_late, fault = True, "no answer in time"
        except (MusterError, OSError) as error:
            fault = str(error)
        asked = dns.failed(late=is_late)
        return Outcome([dns_query.point(probe, asked, time_ns)], fault)

    async def _http(self, probe: HttpProbe, reach: Reach, time_ns: int) -> Outcome:
        visit = await self._visit(probe, reach)
        points = [http_response.point(probe, visit.answered, time_ns)]
        if visit.shown is not None:
            points.append(x509_cert.point(probe, visit.shown, time_ns))
        result = str(points[0].fields["result_type"])
        fault = "" if result == http_response.SUCCESS else result.replace("_", " ")
        return Outcome(points, visit.fault or fault)

    async def _visit(self, probe: HttpProbe, reach: Reach) -> Visit:
        try:
            async with asyncio.timeout(probe.timeout_s):
                return await self._web.visit(probe, reach)
        except TimeoutError:
            fault, text, shown = http_response.TIMEOUT, "no answer in time", None
        except NotFound as error:
            fault, text, shown = http_response.DNS_ERROR, str(error), None
        except (MusterError, OSError) as error:
            fault, text, shown = http_response.FAILED, str(error), shown_of(error)
        return Visit(http_response.Answered(fault=fault), shown, text)


def _lost(pinged: ping.Pinged) -> str:
    lost = pinged.sent - len(pinged.times_ms)
    return f"{lost} of {pinged.sent} got no reply" if lost else ""
