"""Probes' measurements: one file is what one kind of probe yields. PROBES lists them."""

from muster.collectors.probes import dns_query, http_response, ping, x509_cert
from muster.collectors.probes.api import ProbeKind

PROBES: tuple[ProbeKind, ...] = (
    dns_query.PROBE,
    http_response.PROBE,
    ping.PROBE,
    x509_cert.PROBE,
)
