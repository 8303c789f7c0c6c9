from muster.agent.diagnosis.advice import ADVICE
from muster.agent.linking.mending import _DONE_WITH, _ENDED


def test_every_way_of_not_being_taken_is_explained():
    assert set(ADVICE) >= _ENDED | _DONE_WITH
    assert {"identity_copied", "identity_forked", "recovery_waiting"} <= set(ADVICE)


def test_advice_reads_as_the_rest_of_a_sentence():
    for text in ADVICE.values():
        assert text[0].islower()
        assert not text.endswith(".")
