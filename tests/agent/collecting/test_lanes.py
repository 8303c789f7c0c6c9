import threading

from muster.agent.collecting.lanes import ThreadLane

PATIENT_S = 60.0  # far beyond what is needed; reached only when the test fails


def test_the_value_of_the_work_is_handed_over():
    lane = ThreadLane("t")
    assert lane.start(lambda: 7)

    outcome = lane.take(PATIENT_S)
    assert (outcome.value, outcome.error) == (7, None)
    lane.close()


def test_an_error_of_the_work_is_handed_over():
    lane = ThreadLane("t")
    lane.start(lambda: 1 // 0)

    outcome = lane.take(PATIENT_S)
    assert outcome.value is None
    assert isinstance(outcome.error, ZeroDivisionError)
    lane.close()


def test_while_work_hangs_nothing_new_is_taken_and_nobody_waits():
    gate = threading.Event()
    lane = ThreadLane("t")
    lane.start(gate.wait)

    assert lane.busy
    assert lane.take() is None
    assert not lane.start(lambda: 1)
    gate.set()
    assert lane.take(PATIENT_S).value is True
    assert not lane.busy
    lane.close()


def test_the_next_work_runs_after_the_outcome_was_taken():
    lane = ThreadLane("t")
    for number in range(3):
        assert lane.start(lambda number=number: number)
        assert lane.take(PATIENT_S).value == number
    lane.close()


def test_a_closed_lane_ends_its_thread_and_can_start_again():
    lane = ThreadLane("lane of the test")
    lane.close()  # never started: nothing to end
    lane.start(lambda: 1)
    lane.take(PATIENT_S)
    (thread,) = [t for t in threading.enumerate() if t.name == "lane of the test"]
    lane.close()
    thread.join(PATIENT_S)

    assert not thread.is_alive()
    assert thread.daemon
    assert lane.start(lambda: 2)
    assert lane.take(PATIENT_S).value == 2
    lane.close()
