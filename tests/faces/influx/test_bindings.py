"""Values for `$name`, and what is said of those that are none."""

import pytest

from muster.errors import InputError
from muster.faces.influx.bindings import bindings_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("null", {}),
        ('{"a": 2, "b": 2.5, "c": "s", "d": true}', {"a": 2, "b": 2.5, "c": "s", "d": True}),
        ('{"r": {"regex": "s1"}} and more', {"r": {"regex": "s1"}}),
        (' {"a": -9223372036854775808}', {"a": -(1 << 63)}),
    ],
)
def test_values_are_read_by_name(text, found):
    assert bindings_of(text) == found


PARSING = "error parsing query parameters: "


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x", f"{PARSING}invalid character 'x' looking for beginning of value"),
        ('{"a":2', f"{PARSING}unexpected EOF"),
        ('{"a', f"{PARSING}unexpected EOF"),
        ("{a:1}", f"{PARSING}invalid character 'a' looking for beginning of object key string"),
        ("{'a':1}", f"{PARSING}invalid character '\\'' looking for beginning of object key string"),
        ('{"a" 1}', f"{PARSING}invalid character '1' after object key"),
        ('{"a":1 "b"}', f"{PARSING}invalid character '\"' after object key:value pair"),
        ('{"a":}', f"{PARSING}invalid character '}}' looking for beginning of value"),
        ('{"a":NaN}', f"{PARSING}invalid character 'N' looking for beginning of value"),
        (
            "[1]",
            f"{PARSING}json: cannot unmarshal array into Go value of type"
            " map[string]interface {}",
        ),
        (
            '{"a":1e3}',
            'error parsing json value: strconv.ParseInt: parsing "1e3": invalid syntax',
        ),
        (
            '{"a":9223372036854775808}',
            'error parsing json value: strconv.ParseInt: parsing "9223372036854775808": value out'
            " of range",
        ),
        ("[" * 100_000, f"{PARSING}exceeded max depth"),
        (" " * (1 << 20) + "{}", f"{PARSING}more than 1048576 characters"),
    ],
)
def test_what_is_no_object_is_refused_in_influxdbs_words(text, error):
    with pytest.raises(InputError) as refused:
        bindings_of(text)

    assert str(refused.value) == error
