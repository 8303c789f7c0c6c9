"""A head's budget beside what else a hub holds."""

from muster.store.head.headbudget import Budget

MIB = 1 << 20


class Process:
    own = 100 * MIB

    def own_bytes(self):
        return self.own


def looked(budget, times, held=0, start=0.0):
    for second in range(times):
        budget.look(start + second, held)
    return budget.bytes


def test_a_small_hub_gives_its_head_all_that_it_may_have():
    budget = Budget(0, 1 << 60, Process().own_bytes)

    assert looked(budget, 10) == Budget(0, 0, Process().own_bytes).bytes


def test_what_the_rest_takes_is_not_the_heads():
    process = Process()
    budget = Budget(0, 400 * MIB, process.own_bytes)
    process.own = 350 * MIB

    assert looked(budget, 60, held=50 * MIB) == 100 * MIB


def test_a_head_keeps_a_sixteenth_whatever_else_is_there():
    process = Process()
    budget = Budget(0, 400 * MIB, process.own_bytes)
    most = budget.bytes
    process.own = 4000 * MIB

    assert looked(budget, 60) == most // 16


def test_it_gives_way_slowly():
    process = Process()
    budget = Budget(0, 400 * MIB, process.own_bytes)
    most = budget.bytes
    process.own = 4000 * MIB

    assert looked(budget, 2) == most - 32 * MIB


def test_a_peak_counts_for_some_minutes_and_is_forgotten_then():
    process = Process()
    budget = Budget(0, 400 * MIB, process.own_bytes)
    process.own = 300 * MIB
    assert looked(budget, 60) == 100 * MIB

    process.own = 200 * MIB
    assert looked(budget, 60, start=60) == 100 * MIB
    assert looked(budget, 200, start=120) == 200 * MIB


def test_what_somebody_has_set_stays():
    process = Process()
    process.own = 4000 * MIB

    assert looked(Budget(7 * MIB, 400 * MIB, process.own_bytes), 9) == 7 * MIB
