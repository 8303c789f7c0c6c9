"""Which nodes a rule of a room fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.nodes.rules import Traits, check_rule, fitter, traits_of
from muster.errors import InputError
from muster.model.inventory import Facts, Node, RoomRule


def traits(host="web-1", address="10.1.2.3", **labels):
    return Traits(labels, host, address)


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (RoomRule(hosts=("web-*",)), True),
        (RoomRule(hosts=("db-*", "WEB-?")), True),
        (RoomRule(hosts=("web",)), False),
        (RoomRule(hosts=("eb-*",)), False),
        (RoomRule(networks=("10.0.0.0/8",)), True),
        (RoomRule(networks=("192.168.0.0/16", "10.1.2.3")), True),
        (RoomRule(networks=("fd00::/8",)), False),
        (RoomRule(labels={"site": "a"}), True),
        (RoomRule(labels={"site": "b"}), False),
        (RoomRule(labels={"site": "a", "rack": "1"}), False),
        (RoomRule(labels={"site": "a"}, hosts=("web-*",), networks=("10.0.0.0/8",)), True),
        (RoomRule(labels={"site": "a"}, hosts=("db-*",)), False),
        (RoomRule(), False),
        (None, False),
    ],
    ids=repr,
)
def test_all_conditions_of_a_rule_have_to_fit(rule, fits):
    assert fitter(rule and check_rule(rule))(traits(site="a")) is fits


def test_host_names_fit_whatever_their_case_and_end_where_they_end():
    fits = fitter(check_rule(RoomRule(hosts=("Web-[12]",))))

    assert fits(traits("WEB-1"))
    assert not fits(traits("web-12"))
    assert not fits(traits("web-1\n"))


@pytest.mark.parametrize("address", ["", "nonsense", "10.0.0.1/8"])
def test_a_node_that_never_connected_is_in_no_network(address):
    assert not fitter(RoomRule(networks=("0.0.0.0/0", "::/0")))(traits(address=address))


def test_an_address_of_ip_4_that_is_written_as_one_of_ip_6_is_what_it_is():
    fits = fitter(RoomRule(networks=("10.0.0.0/8",)))

    assert fits(traits(address="::ffff:10.9.9.9"))
    assert fitter(RoomRule(networks=("fe80::/10",)))(traits(address="fe80::1%eth0"))


def test_a_node_without_a_host_name_goes_by_its_name():
    named = Node(id="n", space="s", name="web", facts=Facts(), labels={"a": "b"}, address="::1")
    hosted = Node(id="n", space="s", name="web", facts=Facts(hostname="db"))

    assert traits_of(named) == Traits({"a": "b"}, "web", "::1")
    assert traits_of(hosted).host == "db"


def test_a_rule_is_kept_in_one_form():
    rule = RoomRule(
        labels={"b": "2", "a": "1"}, hosts=("Web*", "web*"), networks=("10.1.2.3/8", "10.0.0.0/8")
    )

    assert list(check_rule(rule).labels) == ["a", "b"]
    assert check_rule(rule).hosts == ("web*",)
    assert check_rule(rule).networks == ("10.0.0.0/8",)


@pytest.mark.parametrize(
    "rule",
    [
        RoomRule(hosts=("",)),
        RoomRule(hosts=("*" * 5,)),
        RoomRule(hosts=("a\nb",)),
        RoomRule(hosts=("x" * 254,)),
        RoomRule(hosts=tuple(f"h{number}" for number in range(33))),
        RoomRule(networks=("10.0.0.0/33",)),
        RoomRule(networks=("nowhere",)),
        RoomRule(networks=tuple(f"10.0.0.{number}" for number in range(65))),
        RoomRule(labels={"": "x"}),
        RoomRule(labels={"UPPER": "x"}),
        RoomRule(labels={"a": "x" * 101}),
        RoomRule(labels={f"k{number}": "" for number in range(33)}),
    ],
    ids=lambda rule: repr(rule)[:60],
)
def test_a_rule_that_cannot_be_is_refused(rule):
    with pytest.raises(InputError):
        check_rule(rule)


@given(st.text(max_size=40), st.text(max_size=300), st.text(max_size=60))
def test_whatever_a_rule_or_a_node_says_ends_in_yes_or_no(pattern, host, address):
    try:
        rule = check_rule(RoomRule(hosts=(pattern,)))
    except InputError:
        return
    assert fitter(rule)(traits(host, address)) in (True, False)
