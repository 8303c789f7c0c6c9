"""`muster node clones | fork | dismiss`."""

import pytest

from muster.cli.exits import Exit

PATH = "/api/v1/clones"


def holder(instance, hostname, **parts):
    return {
        "instance": instance,
        "hostname": hostname,
        "address": "10.1.2.3",
        "differs": [],
        "here": True,
        "seen_ns": 10**18,
        "became": "",
        "decision": "",
    } | parts


CLONE = {
    "id": "c1",
    "node": "n1",
    "name": "web-01",
    "kind": "living",
    "state": "open",
    "holders": [holder("aaaa1111", "web-01"), holder("bbbb2222", "copy", differs=["machine id"])],
}


@pytest.fixture
def cases(hub):
    hub.answers[f"GET {PATH}"] = [CLONE, CLONE | {"id": "c0", "state": "forked", "name": "old"}]
    hub.answers[f"POST {PATH}/c1/fork"] = CLONE
    hub.answers[f"POST {PATH}/c1/dismiss"] = CLONE
    return hub


def test_the_list_shows_both_holders_and_what_tells_them_apart(cases):
    code, out, _ = cases.run("node", "clones")

    assert code == Exit.OK
    for word in ("web-01", "living", "aaaa1111", "bbbb2222", "machine id", "first", "now"):
        assert word in out
    assert "old" not in out
    assert "old" in cases.run("node", "clones", "--all")[1]


def test_a_script_gets_them_as_they_are(cases):
    assert '"c0"' in cases.run("node", "clones", "--json")[1]


def test_without_copies_the_list_says_so(hub):
    hub.answers[f"GET {PATH}"] = []

    assert "No node has more than one holder" in hub.run("node", "clones")[1]


@pytest.mark.parametrize("wanted", ["web-01", "n1", "c1"])
def test_the_copy_that_is_not_the_first_is_forked(cases, wanted):
    code, out, err = cases.run("node", "fork", wanted)

    assert code == Exit.OK
    assert "copy at 10.1.2.3 joins as a node of its own" in out + err


def test_another_holder_is_named_by_the_start_of_its_instance(cases):
    code, out, err = cases.run("node", "fork", "web-01", "--holder", "aaaa")

    assert code == Exit.OK
    assert "web-01 at 10.1.2.3 joins" in out + err
    assert cases.run("node", "fork", "web-01", "--holder", "zz")[0] != Exit.OK
    assert '"c1"' in cases.run("node", "fork", "web-01", "--json")[1]


def test_of_several_copies_one_has_to_be_named(hub):
    more = [*CLONE["holders"], holder("cccc3333", "third")]
    hub.answers[f"GET {PATH}"] = [CLONE | {"holders": more}]
    code, _, err = hub.run("node", "fork", "web-01")

    assert code != Exit.OK
    assert "--holder" in err


def test_a_case_is_dismissed(cases):
    code, out, err = cases.run("node", "dismiss", "web-01")

    assert code == Exit.OK
    assert "stays out" in out + err


def test_a_node_without_copies_is_told(cases):
    code, _, err = cases.run("node", "dismiss", "db-01")

    assert code != Exit.OK
    assert "no open case" in err


def test_a_name_of_two_nodes_is_not_enough(hub):
    hub.answers[f"GET {PATH}"] = [CLONE, CLONE | {"id": "c2", "node": "n2"}]
    code, _, err = hub.run("node", "fork", "web-01")

    assert code != Exit.OK
    assert "use the id" in err
