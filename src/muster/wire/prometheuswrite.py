"""What a remote write asks for by its headers, and how it is answered. No state, no I/O.

Source: prometheus.io/docs/specs/prw, remote write 1.0 and 2.0
"""

from collections.abc import Iterable, Mapping

import msgspec

from muster.wire.influxwrite import WriteRefused
from muster.wire.prometheusparts import Received, Version
from muster.wire.writesieve import Refusal

_MEDIA = "application/x-protobuf"
_MESSAGES = {
    "": Version.V1,
    "prometheus.WriteRequest": Version.V1,
    "io.prometheus.write.v2.Request": Version.V2,
}
_PACKINGS = ("", "snappy")
_TOLD = 5  # reasons of the store that one answer tells


def version_of(headers: Mapping[str, str]) -> Version:
    """Which message a request holds. Errors: WriteRefused, 415 for what is not read here."""
    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in _PACKINGS:
        raise WriteRefused(415, f"Content-Encoding {packing[:40]!r} is not read: use snappy")
    media, _, parameters = headers.get("content-type", "").partition(";")
    media = media.strip().lower()
    version = _MESSAGES.get(_message(parameters))
    if media not in ("", _MEDIA) or version is None:
        given = headers.get("content-type", "")[:100]
        raise WriteRefused(
            415, f"Content-Type {given!r} is not read: use {_MEDIA}, of remote write 1.0 or 2.0"
        )
    return version


def _message(parameters: str) -> str:
    """The message's name; empty when it is not said. The last one counts."""
    name = ""
    for parameter in parameters.split(";"):
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "proto":
            name = value.strip().strip('"')
    return name


class RemoteAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How much was written, and why not all was; a text is an error."""

    samples: int = 0
    histograms: int = 0
    text: str = ""

    def headers(self, version: Version) -> dict[str, str]:
        """What 2.0 wants to be told. Exemplars are not stored."""
        if version is Version.V1:
            return {}
        counts = {"Samples": self.samples, "Histograms": self.histograms, "Exemplars": 0}
        return {f"X-Prometheus-Remote-Write-{of}-Written": str(n) for of, n in counts.items()}


def answer_of_remote(received: Received, refusals: Iterable[Refusal] = ()) -> RemoteAnswer:
    """What is said of a message when all that could be written is.

    Exemplars are extras, and a message is not refused for them. Of a native histogram the samples
    that it became are counted as samples where some of the message were refused.
    """
    refusals = sorted(refusals, key=lambda each: each.place)
    refused = sum(each.points for each in refusals)
    reasons = list(dict.fromkeys(each.reason for each in refusals))
    texts = reasons[:_TOLD]
    if len(reasons) > _TOLD:
        texts.append(f"and {len(reasons) - _TOLD} more reasons")
    if received.parsed.errors:
        texts.append(received.parsed.error_text)
    kept = received.kept_histograms
    samples = max(0, received.samples - refused)
    if not texts:
        return RemoteAnswer(samples=samples, histograms=kept)
    lost = refused + received.refused + received.histograms - kept
    head = f"partial write: {samples} samples written, {lost} dropped: "
    return RemoteAnswer(samples=samples, histograms=kept, text=head + "\n".join(texts))
