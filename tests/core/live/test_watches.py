"""Moving windows: reset first, then only what is new."""

import msgspec
import pytest

from muster.clock import SECOND_NS, ManualClock
from muster.core.live.watches import MOST_VALUES, Watch, Watches, trimmed
from muster.core.querying.query import Queries
from muster.errors import InputError, LimitExceeded
from muster.model.ids import NodeId
from muster.model.metric import Kind, Layout
from muster.model.query import Frame, Function, Query, Selector
from muster.store.head.head import Head
from muster.testing.cohorts import MemoryCatalogue, block_of, series_of
from muster.testing.series import MemoryStore

S = SECOND_NS
LAYOUT = Layout((series_of("cpu", "usage", cpu="a"), series_of("net", "rx", Kind.INTEGER)))
WIDER = Layout((*LAYOUT.series, series_of("cpu", "usage", cpu="b")))


class Hub:
    """A hub whose node sends once a second, and a page that watches it."""

    def __init__(self):
        self.clock = ManualClock()
        self.catalogue = MemoryCatalogue()
        self.head = Head(clock=self.clock)
        self.queries = Queries(catalogue=self.catalogue, head=self.head, store=MemoryStore())
        self.watches = Watches(queries=self.queries, clock=self.clock)
        self.shown = {}

    def send(self, *times_back_s, layout=LAYOUT):
        cohort = self.catalogue.cohort(NodeId("n1"), layout)
        for back_s in times_back_s:
            time = self.clock.now_ns() - round(back_s * S)
            seconds = time // S % 100_000
            row = [float(seconds), seconds * 10, *[1.0] * (len(layout.series) - 2)]
            block = block_of(layout, {time: row})
            self.head.append(cohort, block, 1)
            self.watches.note(cohort, block)

    def tick(self, *times_back_s, layout=LAYOUT):
        """A second passes, rows come, and the page looks."""
        self.clock.advance(1)
        self.watches.begin_tick()
        self.send(*(times_back_s or (0,)), layout=layout)

    def watch(self, function=Function.LAST, step_s=1, window_s=30, measurement="cpu", **more):
        query = Query(
            select=Selector(measurement=measurement),
            start_ns=0,
            end_ns=0,
            step_ns=step_s * S,
            function=function,
            **more,
        )
        return Watch(self.watches.window(query, None, window_s * S))

    @property
    def known(self):
        """Times on the page that have a value."""
        return [time for time, row in self.shown.items() if any(v is not None for v in row)]

    def look(self, watch):
        """Apply an update as a page does; what came."""
        update = self.watches.update(watch)
        if update is None:
            return None
        frame = msgspec.json.decode(update.frame, type=Frame)
        if update.reset:
            self.shown = {}
        for place, time in enumerate(frame.times):
            self.shown[time] = [column[place] for column in frame.values]
        return update, frame


def test_a_watch_begins_with_its_whole_window():
    hub = Hub()
    for _ in range(40):
        hub.tick()
    update, frame = hub.look(hub.watch())

    assert update.reset
    assert len(frame.times) == 31
    assert not update.partial


def test_then_only_the_last_seconds_are_restated():
    hub = Hub()
    watch = hub.watch()
    hub.tick()
    hub.look(watch)
    for _ in range(20):
        hub.tick()
        update, frame = hub.look(watch)

    assert not update.reset
    assert 1 <= len(frame.times) <= 7
    assert len(hub.known) == 21


@pytest.mark.parametrize("function", [Function.LAST, Function.RATE, Function.RAW])
def test_what_is_shown_is_what_a_query_says(function):
    hub = Hub()
    watch = hub.watch(function, measurement="net", window_s=1_000)
    for second in range(60):
        if second % 7:
            hub.tick(*([3, 0] if second % 5 == 0 else [0]))
            hub.look(watch)
        else:
            hub.clock.advance(1)

    ranged = hub.watches.question(watch.window)
    wanted = hub.queries.run_in_head(hub.queries.plan(ranged, None))
    rows = zip(wanted.times, *wanted.values, strict=True)
    expected = {time: list(values) for time, *values in rows if any(v is not None for v in values)}
    assert {t: row for t, row in hub.shown.items() if row != [None]} == expected


def test_a_page_that_skipped_ticks_is_told_all_it_missed():
    hub = Hub()
    watch = hub.watch()
    hub.tick()
    hub.look(watch)
    for _ in range(9):
        hub.tick()

    update, _ = hub.look(watch)

    assert not update.reset
    assert len(hub.known) == 10


def test_a_page_that_was_away_for_long_is_reset():
    hub = Hub()
    watch = hub.watch(window_s=100)
    hub.tick()
    hub.look(watch)
    for _ in range(30):
        hub.tick()

    update, _ = hub.look(watch)

    assert update.reset
    assert len(hub.known) == 31


def test_a_node_whose_clock_is_behind_is_followed_all_the_same():
    hub = Hub()
    watch = hub.watch(window_s=100)
    for _ in range(20):
        hub.tick(50)
        hub.look(watch)

    assert len(hub.known) == 20


def test_values_from_long_ago_reset_the_watch():
    hub = Hub()
    watch = hub.watch(window_s=900)
    for _ in range(400):
        hub.clock.advance(1)
    hub.tick()
    hub.look(watch)
    for _ in range(6):
        hub.tick()
        hub.look(watch)

    hub.tick(*range(300, 150, -1))
    update, _ = hub.look(watch)

    assert update.reset
    assert len(hub.known) == 157


def test_a_new_series_resets_the_watch_within_some_seconds():
    hub = Hub()
    watch = hub.watch()
    resets = []
    for second in range(20):
        hub.tick(layout=LAYOUT if second < 8 else WIDER)
        update, frame = hub.look(watch)
        resets.append(update.reset)

    assert resets.count(True) == 2
    assert len(frame.series) == 2


def test_nothing_new_is_no_frame():
    hub = Hub()
    watch = hub.watch()
    hub.tick()
    hub.look(watch)
    for _ in range(10):
        hub.clock.advance(1)
        hub.watches.begin_tick()
        last = hub.look(watch)

    assert last is None


def test_a_window_that_began_before_the_hub_is_partial():
    hub = Hub()
    hub.tick()

    update, _ = hub.look(hub.watch())

    assert update.partial


def test_pages_that_watch_the_same_share_the_work():
    hub = Hub()
    for _ in range(3):
        hub.tick()
    asked = []
    run = hub.queries.run_in_head
    hub.queries.run_in_head = lambda plan: asked.append(1) or run(plan)

    for watch in (hub.watch(), hub.watch(), hub.watch(window_s=31)):
        hub.look(watch)

    assert len(asked) == 2


def test_a_window_has_one_bucket_per_pixel():
    hub = Hub()

    watch = hub.watch(Function.MEAN, step_s=0, window_s=900, width=300)

    assert watch.window.query.step_ns == 5 * S


def test_a_window_that_is_too_large_is_refused():
    hub = Hub()
    hub.tick()

    with pytest.raises(LimitExceeded, match=str(MOST_VALUES)):
        hub.watches.update(hub.watch(window_s=MOST_VALUES + 1))


def test_a_question_that_means_nothing_is_refused():
    hub = Hub()

    with pytest.raises(InputError, match="negative"):
        hub.watch(step_s=-1)


def test_times_at_the_end_without_a_value_are_cut():
    frame = Frame(times=[1, 2, 3], series=(), values=[[None, 5, None], [None, None, None]])

    assert trimmed(frame).values == [[None, 5], [None, None]]
    assert trimmed(frame).times == [1, 2]
