from muster.model.clone import Holder
from muster.model.evidence import Evidence
from muster.model.mark import Mark, MarkKind, kinds_between


def run(machine="m", boot="b", container="c"):
    return Holder(evidence=Evidence(machine_id=machine, boot_id=boot), container=container)


def test_an_agent_alone_that_began_anew_is_a_restart():
    assert kinds_between(run(), run()) == (MarkKind.RESTARTED,)


def test_another_container_is_told_and_so_is_a_boot_between():
    assert kinds_between(run(), run(container="d")) == (MarkKind.RECREATED,)
    assert kinds_between(run(), run(boot="n")) == (MarkKind.REBOOTED,)
    assert kinds_between(run(), run(boot="n", container="d")) == (
        MarkKind.REBOOTED,
        MarkKind.RECREATED,
    )


def test_another_machine_is_no_reboot_of_this_one():
    assert kinds_between(run(), run(machine="other", boot="n")) == (MarkKind.MOVED,)


def test_what_an_older_agent_does_not_say_has_not_changed():
    assert kinds_between(run(boot="", container=""), run()) == (MarkKind.RESTARTED,)


def test_words_are_for_people():
    kinds = (MarkKind.REBOOTED, MarkKind.RECREATED)

    assert Mark(time_ns=1, kinds=kinds).text == "machine rebooted, container recreated"
    assert (
        Mark(time_ns=1, kinds=(MarkKind.RESTARTED,), starts=3).text == "agent restarted (3 starts)"
    )
