"""Everything that keeps series, put together in the one order that is right.

Open: names and marks from the catalogue, then what the journal holds beyond them. Close:
journal first, so that nothing more is accepted, then the writer, then what it writes to.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from muster.clock import Clock
from muster.errors import SettingsError, Unavailable
from muster.model.ids import NodeId
from muster.ports.series import SeriesRef
from muster.store.catalogue.allowance import Settings as CatalogueSettings
from muster.store.catalogue.catalogue import Catalogue
from muster.store.catalogue.cataloguefile import Newest
from muster.store.catalogue.seriespace import SeriesPace
from muster.store.engine.clickhouse import ClickHouse
from muster.store.engine.clickhouse import Settings as EngineSettings
from muster.store.engine.clickhousehttp import Access, ClusterSessions
from muster.store.engine.clusterdialect import parse_place
from muster.store.journal.journal import Journal
from muster.store.journal.journal import Settings as JournalSettings
from muster.store.journal.recovery import Recovered, recover
from muster.store.journal.segmentdisk import Disk
from muster.store.records.database import holds_anything
from muster.store.replay import Replay
from muster.store.writer import Engine, Writer
from muster.store.writer import Settings as WriterSettings

log = logging.getLogger(__name__)

_MANY = 2_000  # series, which questions look for in every part until it is rewritten
_ERASE_S = 60.0  # for what is under way to arrive in the engine


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of journal, catalogue, engine and writer."""

    journal: JournalSettings = JournalSettings()
    catalogue: CatalogueSettings = CatalogueSettings()
    engine: EngineSettings = EngineSettings()
    writer: WriterSettings = WriterSettings()
    url: str = ""  # clickhouse://host[:port],host2/database?cluster=name; empty: embedded
    credentials_file: str = ""  # file with one line, user:password, for the cluster
    ca_file: str = ""  # whose certificates the cluster's nodes have; empty: the system's


def engine_of(data: Path, settings: Settings, clock: Clock | None) -> ClickHouse:
    """The engine that settings name. Does no I/O. Errors: SettingsError."""
    if not settings.url:
        return ClickHouse(path=data / "series", settings=settings.engine, clock=clock)
    access = Access(settings.credentials_file, settings.ca_file)
    sessions = ClusterSessions(parse_place(settings.url), access, settings.engine.limits)
    # No files of sums: they would outlive what another hub writes to the cluster.
    engine = msgspec.structs.replace(settings.engine, sums_bytes=0)
    return ClickHouse(path=data / "cluster", settings=engine, clock=clock, sessions=sessions)


class DataPlane:
    """`open` in a thread, `start` on the loop, `close` in a thread."""

    def __init__(
        self,
        *,
        data: Path,
        hub: str,
        clock: Clock,
        settings: Settings,
        stored: Callable[[int], None],
        engine: Engine | None = None,
        may_forget: Callable[[], bool] = lambda: True,
        new_series_per_hour: int = 0,
    ) -> None:
        """`data` is the hub's data folder; `stored` tells the head, on the loop.

        `new_series_per_hour` of each node; 0: any number.
        """
        self._data = data
        self._hub = hub
        self._newest: Newest = {}
        self._recovered = Recovered([], {}, 1, 0, 0, 0, {})
        self._stored = stored
        self.may_forget = may_forget
        self.retention = settings.writer.retention
        self.replay = Replay()
        self.store: Engine = engine or engine_of(data, settings, clock)
        self.catalogue = Catalogue(
            path=data / "catalogue.sqlite",
            settings=settings.catalogue,
            pace=SeriesPace(monotonic=clock.monotonic, most=new_series_per_hour),
        )
        self.journal = Journal(
            folder=data / "journal", hub=hub, clock=clock, settings=settings.journal
        )
        self.writer = Writer(
            journal=self.journal,
            catalogue=self.catalogue,
            store=self.store,
            stored=self._told,
            clock=clock,
            settings=settings.writer,
            may_forget=may_forget,
        )

    def open(self) -> Recovered:
        """Read what is there. Blocks. Errors: SettingsError for damage, Unavailable, OSError."""
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._require_catalogue()
        self.journal.fit(Disk().size_bytes(self._data))
        marks = self.catalogue.open()
        recovered = recover(
            folder=self._data / "journal",
            hub=self._hub,
            stored=marks.segment,
            sequences=marks.sequences,
            segment_bytes=self.journal.settings.segment_bytes,
            learn=self.catalogue.learn,
        )
        self._newest = marks.newest
        self._recovered = recovered
        self.journal.adopt(recovered.segments, recovered.sequences, recovered.next_number)
        return recovered

    def _require_catalogue(self) -> None:
        """It is made before the engine's folder, and without its names no value is found again."""
        path, series = self._data / "catalogue.sqlite", self._data / "series"
        if series.exists() and not holds_anything(path):
            raise SettingsError(
                "is missing or empty, and the names of all stored series with it: restore it from"
                f" a backup, or move {series} away too to begin anew",
                str(path),
            )

    @property
    def newest(self) -> dict[NodeId, int]:
        """The newest time that each node sent before this start."""
        newest = dict(self._recovered.newest)
        for (node, _), time_ns in self._newest.items():
            newest[node] = max(time_ns, newest.get(node, time_ns))
        return newest

    def start(self) -> None:
        """Take appends, and start the engine behind them."""
        self.replay.expect([segment.number for segment in self._recovered.segments])
        self.journal.start()
        self.writer.start(self._newest)

    def erase(self, refs: Sequence[SeriesRef], start_ns: int, end_ns: int) -> int:
        """Delete a range of time of some series, of all that was submitted before the call.

        Answers the newest segment that it holds for: rows of later ones stay, and the head has
        to be told. Blocks. Errors: Unavailable; then nothing or a part is gone.
        """
        if not self.journal.drain(_ERASE_S):
            reason = self.writer.state.failing or "it is behind"
            raise Unavailable(f"the engine does not take what was written before: {reason}", 5.0)
        with self.writer.held(_ERASE_S):
            self.store.erase(refs, start_ns, end_ns)
            through = self.writer.state.segment
        if len(refs) > _MANY:
            self.store.settle()
        return through

    def _told(self, segment: int) -> None:
        self._stored(segment)
        self.replay.stored(segment)

    def close(self) -> None:
        """Keep what was accepted, stop all threads. Blocks."""
        self.journal.close()
        self.writer.stop()
        self.store.close()
        self.catalogue.close()
