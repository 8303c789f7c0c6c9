"""What a collector is: a declaration and one pure function from texts to Points.

The agent reads the declared sources and calls `collect`; a collector opens nothing, waits for
nothing and remembers nothing. What it needs of the past it is given: the sample before.

Rules for `collect(sample, previous)`:
- a text that a kernel may lack is asked with `sample.texts.get`, one that must be there with
  `sample.text`; fields that do not exist on a machine are left out;
- a field's type never changes: counters are `int`, as the kernel shows them; a float is a
  float even when it is whole;
- a text of another shape ends in InputError naming file and shape, never in anything else.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import msgspec

from muster.errors import InputError
from muster.model.metric import Kind, Point


class File(msgspec.Struct, frozen=True):
    """One file, found in `Sample.texts` under its path.

    `every_s` > 0: read that seldom, and the text of then handed over in between.
    `blocking`: reading may take long, so it is done in a thread.
    `digest`: for a table too long to be held: what is kept of each piece of whole lines.
    The text is then these, one after the other.
    """

    path: str
    every_s: int = 0
    blocking: bool = False
    digest: Callable[[bytes], bytes] | None = None


class Glob(msgspec.Struct, frozen=True):
    """All files of a pattern, found in `Sample.groups` under the pattern, path -> text.

    `kept`: files stay open and the pattern is looked up again every ten seconds; else both
    are done anew each time, for files that come and go.
    `digest`: where there are many, what is kept of each text.
    `asleep`: a device's state of power, by a pattern with the same folders in it; of one that
    sleeps nothing is read, as that would wake it.
    """

    pattern: str
    every_s: int = 0
    blocking: bool = False
    kept: bool = True
    limit: int = 1024  # files; what is beyond is not read
    digest: Callable[[bytes], bytes] = bytes
    asleep: str = ""


class Mount(msgspec.Struct, frozen=True):
    """A file system whose usage is wanted. `remote`: the answer may never come."""

    path: str
    remote: bool = False


class Usage(msgspec.Struct, frozen=True):
    """statvfs of mounts, found in `Sample.groups` under "usage", path -> text.

    `choose` picks the mounts from the text of the file `table`.
    Shapes: a text is "frsize blocks bfree bavail files ffree", decimal.
    """

    table: str
    choose: Callable[[bytes], Iterable[Mount]]
    timeout_s: float = 2.0  # for remote ones, all together; each waits in a thread of its own
    limit: int = 256


class Command(msgspec.Struct, frozen=True):
    """Standard output of a program, found in `Sample.texts` under `name`.

    It is run without a shell, with an empty input and the C locale; not at all when the
    program or the path `needs` is absent.
    """

    name: str
    argv: tuple[str, ...]
    needs: str = ""
    timeout_s: float = 5.0


class Want(NamedTuple):
    """One step of a conversation: what is said, and how much of the answer is enough.

    `whole` tells how many bytes of what came are the answer, 0 while more is needed; None: all
    until the other side closes. `anew`: in a connection of its own.
    """

    say: bytes
    whole: Callable[[bytes], int] | None = None
    anew: bool = False


Talk = Generator[Want, bytes, Mapping[str, bytes]]


class Service(msgspec.Struct, frozen=True):
    """A program asked over a socket: what `talk` comes to, in `Sample.groups` under `name`.

    The first of `addresses` that is there is asked: "tcp:HOST:PORT", "unix:PATH", or
    "own:MODULE" for a program of the agent's own, where it runs as root. Where none is there,
    the group is not either.
    """

    name: str
    addresses: tuple[str, ...]
    talk: Callable[[], Talk]
    timeout_s: float = 5.0


Source = File | Glob | Usage | Command | Service


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What was read for one tick.

    Units: `time_ns` is the tick's time on the grid, which Points carry; `clock_s` the monotonic
           clock when reading began, for what is measured over an interval.
    """

    time_ns: int
    clock_s: float = 0.0
    texts: Mapping[str, bytes] = {}
    groups: Mapping[str, Mapping[str, bytes]] = {}
    faults: Mapping[str, str] = {}  # path -> why its text is not there

    def text(self, path: str) -> bytes:
        """A text that must be there. Errors: InputError saying why it is not."""
        try:
            return self.texts[path]
        except KeyError:
            raise InputError(f"{path}: {self.faults.get(path, 'not there')}") from None

    def group(self, name: str) -> Mapping[str, bytes] | None:
        """What a service said; None where there is none. Errors: InputError when it failed."""
        if name not in self.groups and name in self.faults:
            raise InputError(f"{name}: {self.faults[name]}")
        return self.groups.get(name)


class Field(msgspec.Struct, frozen=True):
    """One field of a measurement, with its unit in words ("bytes", "percent")."""

    name: str
    kind: Kind
    unit: str


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """What a collector yields under one name: the table that documentation and tests read.

    `open_fields` says in words by which rule further fields are named; empty: there are none.
    """

    name: str
    fields: tuple[Field, ...]
    tags: tuple[str, ...] = ()
    some_tags: tuple[str, ...] = ()  # that not every point has
    open_fields: str = ""


Collect = Callable[[Sample, Sample | None], Iterable[Point]]


class Collector(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration. `compares`: `collect` is given the sample of its last run, else None.

    `needs`: paths of which one has to be there; without any nothing is read.
    """

    name: str
    sources: tuple[Source, ...]
    collect: Collect
    measurements: tuple[Measurement, ...]
    interval_s: int = 1  # longer only for a measured reason, named in the module's docstring
    compares: bool = False
    needs: tuple[str, ...] = ()

    @property
    def blocking(self) -> bool:
        """Whether reading its sources may take long or never end."""
        return any(
            isinstance(source, Usage | Command | Service) or source.blocking
            for source in self.sources
        )


def fields(kind: Kind, unit: str, names: str) -> tuple[Field, ...]:
    """Fields of one kind and unit, names separated by blanks."""
    return tuple(Field(name, kind, unit) for name in names.split())


_TRIPPED = (ValueError, IndexError, KeyError, ArithmeticError, RecursionError)


@contextmanager
def parsing(place: str, text: bytes) -> Iterator[None]:
    """Turn what a parser trips over into an InputError with place and text."""
    try:
        yield
    except (*_TRIPPED, msgspec.DecodeError) as error:
        raise InputError(f"{place}: unexpected shape {text[:200]!r}") from error


def real(text: bytes) -> float:
    """A decimal number of the kernel. Errors: ValueError, also for nan and infinity."""
    number = float(text)
    if number - number != 0.0:
        raise ValueError("not a finite number")
    return number


def percent(part: float, whole: float) -> float:
    """Share in percent, 0.0 of nothing."""
    return 100.0 * part / whole if whole else 0.0


def tag(text: bytes) -> str:
    """A name from the kernel as text; bytes that are no UTF-8 become U+FFFD."""
    return text.decode("utf-8", "replace")
