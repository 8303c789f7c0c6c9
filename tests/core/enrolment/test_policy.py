"""Policies: the first rule that fits, whatever the file."""

import fnmatch
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.core.enrolment.policy import Case, Verdict, parse_policy
from muster.errors import SettingsError
from muster.model.approval import Kind


def decide(text, **given):
    return parse_policy(text).decide(Case(**given))


def test_the_first_rule_that_fits_decides():
    text = """
        [[rule]]
        name = "lab"
        network = "10.1.0.0/16"
        action = "approve"
        reason = "ours"
        [[rule]]
        action = "deny"
    """

    assert decide(text, address="10.1.2.3").rule == "lab"
    assert decide(text, address="10.1.2.3").reason == "ours"
    assert decide(text, address="10.2.2.3") == decide(text)
    assert (decide(text).verdict, decide(text).rule) == (Verdict.DENY, "rule 2")


@pytest.mark.parametrize("default", list(Verdict))
def test_where_no_rule_fits_the_default_holds(default):
    assert decide(f'default = "{default}"').verdict is default
    assert decide("").verdict is Verdict.ASK


@pytest.mark.parametrize(
    ("condition", "fitting", "other"),
    [
        ('host = "web-*"', {"host": "WEB-1"}, {"host": "db-1"}),
        ('host = ["a", "b?"]', {"host": "b1"}, {"host": "c"}),
        ('network = ["10.0.0.0/8", "fd00::/8"]', {"address": "fd00::1"}, {"address": "::1"}),
        ('network = "10.0.0.0/8"', {"address": "::ffff:10.1.1.1"}, {"address": "unix"}),
        ('label = { role = "web" }', {"labels": {"role": "web", "x": "y"}}, {"labels": {}}),
        ('kind = "reimage"', {"kind": Kind.REIMAGE}, {}),
        ('kind = ["recovery", "air_gap"]', {"kind": Kind.AIR_GAP}, {"kind": Kind.CLAIM}),
        ('room = ["edge", "lab"]', {"rooms": ("lab", "x")}, {"rooms": ("x",)}),
        ('token = "abc"', {"token": "abc"}, {"token": ""}),
        ('space = "Home"', {"space": "Home"}, {"space": "Away"}),
        ('evidence = ["ssh", "dmi"]', {"evidence": ("dmi", "ssh")}, {"evidence": ("ssh",)}),
        ("score = 50", {"score": 50}, {"score": 49}),
    ],
)
def test_each_condition_fits_what_it_should(condition, fitting, other):
    text = f'[[rule]]\naction = "approve"\n{condition}'

    assert decide(text, **fitting).verdict is Verdict.APPROVE
    assert decide(text, **other).verdict is Verdict.ASK


def test_all_conditions_of_a_rule_must_fit():
    text = '[[rule]]\naction = "approve"\nhost = "web-*"\nnetwork = "10.0.0.0/8"'

    assert decide(text, host="web-1", address="10.1.1.1").verdict is Verdict.APPROVE
    for partly in ({"host": "web-1"}, {"address": "10.1.1.1"}):
        assert decide(text, **partly).verdict is Verdict.ASK


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[rule]]", "action"),
        ('[[rule]]\naction = "perhaps"', "perhaps"),
        ('[[rule]]\naction = "ask"\nhots = "x"', "hots"),
        ('[[rule]]\naction = "ask"\nnetwork = "10.0.0.0/33"', "10.0.0.0/33"),
        ('[[rule]]\naction = "ask"\nhost = ""', "pattern"),
        ('[[rule]]\naction = "ask"\nevidence = "luck"', "luck"),
        ('[[rule]]\nname = "mine"\naction = "ask"\nscore = 101', "mine"),
        ('[[rule]]\naction = "ask"\nkind = "party"', "party"),
        ('[[rule]]\naction = "ask"\nname = "a\\nb"', "print"),
        ("rule = 1", "rule"),
        ("[[rule", "not TOML"),
        ('[[rule]]\naction = "ask"\n' * 501, "500"),
        ('[[rule]]\naction = "ask"\nroom = [' + '"r",' * 65 + "]", "64"),
        ("#" * (1 << 20) + "#", "longer"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(text, named):
    with pytest.raises(SettingsError, match=r"policy\.toml") as error:
        parse_policy(text, "policy.toml")

    assert named in str(error.value)


HOSTS = ("web-1", "web-2", "db-1", "lab", "")
PATTERNS = ("web-*", "*-1", "lab", "*", "?b*")
NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "192.0.2.0/24", "fd00::/8", "::/0")
ADDRESSES = ("10.1.2.3", "10.200.0.1", "192.0.2.9", "fd00::9", "2001:db8::1", "")
EVIDENCE = ("ssh", "dmi", "macs")
NAMES = ("edge", "lab")


def some(values, most=2):
    return st.lists(st.sampled_from(values), max_size=most, unique=True)


rules = st.fixed_dictionaries(
    {
        "action": st.sampled_from([verdict.value for verdict in Verdict]),
        "host": some(PATTERNS),
        "network": some(NETWORKS),
        "kind": some([kind.value for kind in Kind]),
        "room": some(NAMES),
        "evidence": some(EVIDENCE),
        "score": st.sampled_from([0, 10, 60]),
        "label": st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["1", "2"])),
    }
)
cases = st.builds(
    Case,
    host=st.sampled_from(HOSTS),
    address=st.sampled_from(ADDRESSES),
    labels=st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["1", "2"])),
    rooms=some(NAMES).map(tuple),
    kind=st.sampled_from(list(Kind)),
    evidence=some(EVIDENCE, 3).map(tuple),
    score=st.sampled_from([0, 10, 59, 60, 100]),
)


@given(st.lists(rules, max_size=6), st.sampled_from(list(Verdict)), cases)
def test_a_policy_says_what_a_plain_reading_of_it_says(listed, default, case):
    decision = parse_policy(format_policy(listed, default)).decide(case)
    fitting = [
        (number, rule["action"]) for number, rule in enumerate(listed, 1) if plainly(rule, case)
    ]
    number, verdict = fitting[0] if fitting else (0, default)

    assert decision.verdict == verdict
    assert decision.rule == (f"rule {number}" if number else "")


@given(st.lists(rules, max_size=4), cases, st.randoms())
def test_rules_after_the_one_that_fits_change_nothing(listed, case, random):
    first = parse_policy(format_policy(listed, Verdict.ASK)).decide(case)
    more = [*listed, *random.sample(listed, len(listed))]

    again = parse_policy(format_policy(more, Verdict.ASK)).decide(case)
    assert again.verdict is first.verdict


def format_policy(listed, default):
    lines = [f'default = "{default}"']
    for rule in listed:
        lines.append("[[rule]]")
        for key, value in rule.items():
            match value:
                case dict():
                    inner = ", ".join(f'{name} = "{text}"' for name, text in value.items())
                    lines.append(f"{key} = {{ {inner} }}")
                case str():
                    lines.append(f'{key} = "{value}"')
                case _:
                    lines.append(f"{key} = {value}")
    return "\n".join(lines)


def plainly(rule, case):
    networks = [ipaddress.ip_network(text) for text in rule["network"]]
    address = ipaddress.ip_address(case.address) if case.address else None
    return all(
        (
            not rule["host"] or any(fnmatch.fnmatch(case.host, p) for p in rule["host"]),
            not networks or any(address in n for n in networks if address),
            not rule["kind"] or case.kind in rule["kind"],
            not rule["room"] or set(rule["room"]) & set(case.rooms),
            set(rule["evidence"]) <= set(case.evidence),
            case.score >= rule["score"],
            all(case.labels.get(key) == value for key, value in rule["label"].items()),
        )
    )
