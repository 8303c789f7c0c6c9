"""When a certificate is renewed, and what happens when that fails."""

import msgspec
import pytest

from muster.agent.joining.identity import NodeFile, install_identity
from muster.agent.joining.renewal import Renewal, RenewalFailed, run_program
from muster.clock import SECOND_NS, ManualClock
from muster.log import Secret
from muster.wire.messages import Renewed

HOUR_NS = 3600 * SECOND_NS
DAY_S = 86_400


def node(clock: ManualClock, serial: str = "a1") -> NodeFile:
    return NodeFile(
        node="n",
        space="s",
        name="n",
        hub="h",
        agents="hub:1",
        serial=serial,
        sha256="",
        not_before_ns=clock.now_ns(),
        not_after_ns=clock.now_ns() + 24 * HOUR_NS,
    )


def renewal(tmp_path, clock: ManualClock, *draws: float) -> Renewal:
    numbers = iter(draws)
    return Renewal(data=tmp_path, clock=clock, random=lambda: next(numbers))


@pytest.mark.parametrize(("draw", "hours"), [(0.0, 10.8), (0.5, 12.0), (1.0, 13.2)])
def test_it_is_due_at_half_life_give_or_take_a_twentieth(tmp_path, draw, hours):
    clock = ManualClock()

    due_s = renewal(tmp_path, clock, draw).due_in_s(node(clock))

    assert due_s == pytest.approx(hours * 3600)


def test_the_moment_is_drawn_once_for_each_certificate(tmp_path):
    clock = ManualClock()
    plan = renewal(tmp_path, clock, 0.0, 1.0)

    first = [plan.due_ns(node(clock, "a1")) for _ in range(3)]

    assert len(set(first)) == 1
    assert plan.due_ns(node(clock, "b2")) > first[0]


def test_what_is_overdue_is_due_now(tmp_path):
    clock = ManualClock()
    plan, old = renewal(tmp_path, clock, 0.5), node(clock)
    clock.advance(DAY_S)

    assert plan.due_in_s(old) == 0


def test_a_clock_that_jumps_forward_makes_it_due(tmp_path):
    clock = ManualClock()
    plan, old = renewal(tmp_path, clock, 0.5), node(clock)
    clock.jump(DAY_S / 2)

    assert plan.due_in_s(old) == 0


def test_failures_are_tried_again_ever_later_but_often_before_the_end(tmp_path):
    clock = ManualClock()
    plan, old = renewal(tmp_path, clock, 0.5, *[1.0] * 20), node(clock)
    clock.advance(DAY_S / 2)
    plan.due_ns(old)

    early = [plan.put_off(old) for _ in range(9)]
    clock.advance(DAY_S / 2 - 600)
    late = plan.put_off(old)

    assert early == [5, 10, 20, 40, 80, 160, 320, 600, 600]
    assert late == 30
    assert plan.due_in_s(old) == 30


async def test_certificates_that_are_over_at_once_do_not_keep_the_machine_busy(tmp_path):
    clock = ManualClock()
    over = msgspec.structs.replace(node(clock), not_after_ns=clock.now_ns())
    install_identity(tmp_path, key=Secret("k"), chain="c", anchors="a", node=over)

    async def program(arguments, data):
        return ""

    plan = Renewal(data=tmp_path, clock=clock, random=lambda: 0.5, program=program)
    await plan.install(Renewed(chain="c", anchors="a"))

    assert plan.due_in_s(over) == 2
    clock.advance(2)
    assert plan.due_in_s(over) == 0


async def test_the_programs_own_words_are_the_cause(tmp_path):
    with pytest.raises(RenewalFailed, match="not claimed"):
        await run_program(["request", str(tmp_path)], b"")


async def test_the_program_takes_no_module_from_the_folder_it_is_run_in(tmp_path, monkeypatch):
    (tmp_path / "msgspec.py").write_text("open('taken', 'w')")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RenewalFailed, match="not claimed"):
        await run_program(["request", str(tmp_path / "agent")], b"")

    assert not (tmp_path / "taken").exists()


async def test_the_steps_are_handed_to_the_program(tmp_path):
    calls = []

    async def program(arguments, data):
        calls.append((list(arguments), data))
        return "REQUEST"

    plan = Renewal(data=tmp_path, clock=ManualClock(), random=lambda: 0.5, program=program)

    assert await plan.make_request() == "REQUEST"
    assert calls == [(["request", str(tmp_path)], b"")]


async def test_a_renewal_that_is_hastened_wakes_who_waits_for_it(tmp_path):
    clock = ManualClock()
    plan, current = renewal(tmp_path, clock, 0.5, 0.25), node(clock)
    before_s = plan.due_in_s(current)

    plan.hasten(current, 100.0)
    await plan.wait(3600)  # would take an hour otherwise

    assert plan.due_in_s(current) == pytest.approx(25.0)
    assert before_s > 25.0


def test_a_renewal_that_is_due_sooner_is_not_put_off(tmp_path):
    clock = ManualClock()
    plan, current = renewal(tmp_path, clock, 0.9, 0.5), node(clock)
    clock.advance(11.9 * 3600)

    plan.hasten(current, 10 * 3600.0)

    assert plan.due_in_s(current) == pytest.approx(360.0)
