from muster.agent.joining.holder import STARTS, Run, read_starts
from muster.clock import ManualClock


def begun(folder, machine=None):
    run = Run(data=folder, clock=ManualClock(), machine=machine or folder)
    run.begin()
    return run


def test_each_start_counts_one_more_and_is_a_run_of_its_own(tmp_path):
    first, second = begun(tmp_path).holder("hub"), begun(tmp_path).holder("hub")

    assert (first.counter, second.counter) == (1, 2)
    assert first.instance != second.instance
    assert second.started_ns == ManualClock().now_ns()


def test_a_copied_folder_counts_on_from_where_it_was(tmp_path):
    begun(tmp_path)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / STARTS).write_bytes((tmp_path / STARTS).read_bytes())

    assert begun(tmp_path).holder("hub").counter == begun(copy).holder("hub").counter == 2


def test_a_count_that_cannot_be_read_begins_anew(tmp_path):
    for text in ("nonsense", "", "-5", "9" * 40):
        (tmp_path / STARTS).write_text(text)

        assert 0 <= read_starts(tmp_path) <= 1 << 62


def test_a_disk_that_refuses_stops_no_agent(tmp_path):
    run = Run(data=tmp_path / "gone", clock=ManualClock(), machine=tmp_path)
    run.begin()

    assert run.holder("hub").counter == 1


def test_marks_of_the_machine_are_hashed_for_one_hub(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
    run = begun(tmp_path)
    ours, others = run.holder("hub-1").evidence, run.holder("hub-2").evidence

    assert ours.machine_id != others.machine_id
    assert "0123456789abcdef" not in ours.machine_id
    assert len(run.holder("hub").addresses) <= 16


def test_a_container_is_told_hashed_for_one_hub_and_again_for_each_that_is_made(tmp_path):
    mounts = tmp_path / "mountinfo"

    def told(layer, hub="hub"):
        mounts.write_text(f"1 0 0:60 / / rw - overlay overlay rw,upperdir=/{layer}/diff\n")
        run = Run(data=tmp_path, clock=ManualClock(), machine=tmp_path, mounts=mounts)
        return run.holder(hub).container

    assert told("first") == told("first")
    assert len({told("first"), told("second"), told("first", "other")}) == 3
    assert "first" not in told("first")
    mounts.unlink()
    assert Run(data=tmp_path, clock=ManualClock(), mounts=mounts).holder("hub").container == ""
