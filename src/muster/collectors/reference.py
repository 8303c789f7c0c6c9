"""Writes docs/reference/collectors.md from the declarations; a test keeps the page equal."""

import inspect
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import groupby

from muster.collectors.api import (
    Collector,
    Command,
    Field,
    File,
    Glob,
    Measurement,
    Service,
    Source,
    Usage,
)
from muster.collectors.probes.api import ProbeKind

_HEAD = """\
# Collectors

What the agent collects by itself, without any setting. Measurement, tag and field names, types and
units are those of Telegraf's inputs. A field that a machine does not have is left out; a field's
type never changes. Counters are the kernel's own numbers: rates are made when they are queried.
The hub adds the tags `host` and `node`, from the certificate.

Every collector runs once a second unless its section says otherwise. One that fails or hangs is
counted and shown by `muster agent status`; the others go on. In the agent's settings,
`collect.disabled` names collectors that are not to run, `collect.intervals` gives some another
interval.

This page is written from the declarations in `src/muster/collectors`.
"""


_PROBES = """
# Probes

What probes of other machines yield ([guide](../guide/probes.md)); without a probe nothing of it
runs.
"""


def render(collectors: Iterable[Collector], probes: Iterable[ProbeKind] = ()) -> str:
    """The page as Markdown."""
    sections = ["\n".join(_section(collector)) for collector in collectors]
    page = _HEAD + "\n" + "\n\n".join(sections) + "\n"
    asked = ["\n".join(_probe(probe)) for probe in probes]
    return page + (_PROBES + "\n" + "\n\n".join(asked) + "\n" if asked else "")


def _probe(probe: ProbeKind) -> Iterator[str]:
    yield f"## {probe.name}"
    yield ""
    yield from _prose(inspect.getdoc(import_module(f"muster.collectors.probes.{probe.name}")) or "")
    yield ""
    yield f"Of {probe.asked}."
    for measurement in probe.measurements:
        yield ""
        yield from _table(measurement)


def _section(collector: Collector) -> Iterator[str]:
    yield f"## {collector.name}"
    yield ""
    module = inspect.getmodule(collector.collect)
    yield from _prose(inspect.getdoc(module) or "" if module is not None else "")
    yield ""
    yield f"Every {collector.interval_s} s" + (", in a thread of its own" * collector.blocking)
    yield "from " + ", ".join(_source(source) for source in collector.sources) + "."
    if collector.needs:
        yield "Only where one of these is: " + ", ".join(f"`{each}`" for each in collector.needs)
        yield "(looked for now and then)."
    for measurement in collector.measurements:
        yield ""
        yield from _table(measurement)


def _prose(text: str) -> Iterator[str]:
    """The docstring up to where it names its sources."""
    yield from text.partition("\n\nSource:")[0].splitlines()


def _source(source: Source) -> str:
    match source:
        case File() | Glob():
            name = source.path if isinstance(source, File) else source.pattern
            seldom = f" (every {source.every_s} s)" if source.every_s else ""
            return f"`{name}`{seldom}"
        case Usage():
            return "statvfs"
        case Command():
            return f"`{' '.join(source.argv)}`"
        case Service():
            return " or ".join(f"`{address}`" for address in source.addresses)


def _table(measurement: Measurement) -> Iterator[str]:
    tags = ", ".join(f"`{tag}`" for tag in measurement.tags) or "none"
    some = ", ".join(f"`{tag}`" for tag in measurement.some_tags)
    more = f"; where there are any: {some}" if some else ""
    yield f"Measurement `{measurement.name}`, tags: {tags}{more}."
    yield ""
    if measurement.fields:
        yield "| fields | type | unit |"
        yield "|---|---|---|"
    for (kind, unit), fields in groupby(measurement.fields, key=_kind_and_unit):
        names = " ".join(f"`{field.name}`" for field in fields)
        yield f"| {names} | {kind} | {unit} |"
    if measurement.open_fields:
        yield from ([""] if measurement.fields else [])
        yield f"Further fields: {measurement.open_fields}."


def _kind_and_unit(field: Field) -> tuple[str, str]:
    return field.kind.name.lower(), field.unit
