import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.wire.netdata.mqttfields import (
    CONNACK_PROPERTIES,
    MAX_VARIABLE,
    PUBLISH_PROPERTIES,
    FieldReader,
    MqttError,
    Property,
    Reason,
    number,
    properties,
    text,
    variable,
)

ALL = frozenset(Property)
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"))


@pytest.mark.parametrize(
    ("value", "data"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (MAX_VARIABLE, "ffffff7f")],
)
def test_variable_numbers_are_those_of_the_standard(value, data):
    assert variable(value).hex() == data
    assert FieldReader(bytes.fromhex(data)).variable() == value


@given(
    st.dictionaries(
        st.sampled_from([Property.TOPIC_ALIAS, Property.RECEIVE_MAXIMUM]), st.integers(0, 65_535)
    ),
    st.binary(max_size=20),
    st.lists(
        st.tuples(st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.just("v"))
    ),
)
def test_properties_come_back(numbers, data, pairs):
    given_ = {**numbers, Property.CORRELATION_DATA: data, Property.SUBSCRIPTION_ID: 300}
    if pairs[:64]:
        given_[Property.USER] = tuple(pairs[:64])

    assert FieldReader(properties(given_)).properties(ALL) == given_


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("03230001", "has no place here"),
        ("0421000522", "ends inside"),
        ("062100012100", "ends inside"),
        ("06210001210002", "RECEIVE_MAXIMUM comes twice"),
        ("0263", "ends inside"),
        ("0163", "no such property: 99"),
        ("051f0002c328", "not UTF-8"),
        ("041f000100", "NUL"),
        ("ffffffff01", "more than four bytes"),
    ],
)
def test_broken_properties_are_refused(data, why):
    with pytest.raises(MqttError, match=why):
        FieldReader(bytes.fromhex(data)).properties(CONNACK_PROPERTIES)


def test_a_packet_has_so_many_user_properties_and_no_more():
    data = properties({Property.USER: (("a", "b"),) * 65})

    with pytest.raises(MqttError) as caught:
        FieldReader(data).properties(ALL)
    assert caught.value.reason is Reason.QUOTA_EXCEEDED


def test_an_alias_is_a_property_of_messages_alone():
    assert Property.TOPIC_ALIAS in PUBLISH_PROPERTIES
    assert Property.TOPIC_ALIAS not in CONNACK_PROPERTIES


@pytest.mark.parametrize(
    "write",
    [
        lambda: variable(MAX_VARIABLE + 1),
        lambda: variable(-1),
        lambda: number(65_536, 2),
        lambda: text("\0"),
        lambda: text("\ud800"),
        lambda: text("x" * 65_536),
        lambda: properties({Property.TOPIC_ALIAS: "x"}),
        lambda: properties({Property.REASON_STRING: 5}),
        lambda: properties({Property.MAXIMUM_QOS: 256}),
    ],
)
def test_what_does_not_fit_its_field_is_not_written(write):
    with pytest.raises(MqttError):
        write()
