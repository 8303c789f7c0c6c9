"""A recorded machine as Samples: folders of texts in place of /proc and /sys.

Shapes: a folder `now` (and, for collectors that compare, `before`) with files under the
        paths they have on a machine. What is no file there lies in `_`: `_/usage` holds a
        line "path<TAB>frsize blocks bfree bavail files ffree" per mount, `_/<name>` the
        output of a command, `_/<name>/` what a service said, a file for each text of its group.
"""

from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from muster.clock import SECOND_NS
from muster.collectors.api import Collector, Command, File, Glob, Sample, Service, Usage
from muster.model.metric import Point

START_NS = 1_800_000_000 * SECOND_NS


def load_sample(folder: Path, collector: Collector, seconds: float = 0.0) -> Sample:
    """What a Reader would make of the collector's sources on that machine."""
    texts: dict[str, bytes] = {}
    groups: dict[str, dict[str, bytes]] = {}
    for source in collector.sources:
        match source:
            case File() if (file := folder / source.path[1:]).is_file():
                text = file.read_bytes()
                texts[source.path] = text if source.digest is None else source.digest(text)
            case Command() if (file := folder / "_" / source.name).is_file():
                texts[source.name] = file.read_bytes()
            case Glob():
                found = _matching(folder, source.pattern)
                groups[source.pattern] = {path: source.digest(found[path]) for path in found}
            case Usage() if (file := folder / "_" / "usage").is_file():
                pairs = (line.split(b"\t") for line in file.read_bytes().splitlines())
                groups["usage"] = {path.decode(): numbers for path, numbers in pairs}
            case Service() if (service := folder / "_" / source.name).is_dir():
                files = sorted(service.iterdir())
                groups[source.name] = {file.name: file.read_bytes() for file in files}
            case _:
                pass
    time_ns = START_NS + round(seconds) * SECOND_NS
    return Sample(time_ns=time_ns, clock_s=seconds, texts=texts, groups=groups)


def collect_recorded(machine: Path, collector: Collector) -> list[Point]:
    """Run a collector on a recorded machine; a second lies between `before` and `now`."""
    previous = None
    if collector.compares and (machine / "before").is_dir():
        previous = load_sample(machine / "before", collector)
    return list(collector.collect(load_sample(machine / "now", collector, 1.0), previous))


def format_points(points: list[Point]) -> bytes:
    """Points as JSON for a golden file, one a line; integers and floats stay apart."""
    rows = [
        msgspec.json.encode([point.measurement, dict(point.tags), dict(point.fields)])
        for point in points
    ]
    return b"[\n" + b",\n".join(rows) + b"\n]\n" if rows else b"[]\n"


def _matching(folder: Path, pattern: str) -> dict[str, bytes]:
    parts = pattern[1:].split("/")
    found = {
        f"/{path.relative_to(folder)}": path.read_bytes()
        for path in sorted(folder.glob(pattern[1:]))
        if path.is_file()
    }
    return {path: text for path, text in found.items() if _fits(path[1:].split("/"), parts)}


def _fits(names: list[str], parts: list[str]) -> bool:
    return len(names) == len(parts) and all(map(fnmatchcase, names, parts))
