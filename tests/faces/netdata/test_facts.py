import pytest

from muster.faces.netdata.facts import capabilities_of, facts_of
from muster.model.inventory import Facts
from muster.wire.netdata.messages import Capability, NodeInfo


def test_what_an_agent_leaves_out_is_empty():
    assert facts_of(NodeInfo()) == Facts()


def test_an_agent_that_names_only_its_kind_of_system_says_at_least_that():
    assert facts_of(NodeInfo(os="linux", os_version="12")).os == "linux 12"


def test_what_an_agent_calls_unknown_is_not_said():
    told = NodeInfo(os="linux", os_name="unknown", os_version="unknown", kernel_name="Linux")

    assert (facts_of(told).os, facts_of(told).kernel) == ("linux", "Linux")


@pytest.mark.parametrize("text", ["", "much", "-1", "1.5", "9" * 30, "٣"])
def test_a_number_that_is_none_is_unknown(text):
    assert facts_of(NodeInfo(memory=text)).memory_bytes == 0


def test_only_what_is_enabled_is_a_capability():
    told = (Capability("proto", 1, True), Capability("json", 2, False), Capability("", 3, True))

    assert capabilities_of(told) == {"proto": 1}


def test_capabilities_are_so_many_and_no_more():
    told = [Capability(f"c{at}", 1, True) for at in range(1_000)]

    assert len(capabilities_of(told)) == 64
