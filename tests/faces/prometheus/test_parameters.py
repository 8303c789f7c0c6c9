"""What a request says."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.faces.prometheus.parameters import parameters_of
from muster.net.http import Request
from muster.promql.errors import PromqlError

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


def of(method="GET", text="", body=b"", headers=FORM):
    return parameters_of(
        Request(method=method, path="/", query_text=text, body=body, headers=headers)
    )


def test_names_may_come_more_than_once():
    assert of(text="match[]=a&match%5B%5D=b&empty=") == {"match[]": ["a", "b"], "empty": [""]}


def test_a_form_comes_before_the_url():
    assert of("POST", "query=b&db=x", b"query=a+%2B+1") == {"query": ["a + 1", "b"], "db": ["x"]}


def test_other_bodies_and_bodies_of_get_are_not_looked_at():
    assert of("POST", "a=b", b"c=d", {"content-type": "application/json"}) == {"a": ["b"]}
    assert of("GET", "a=b", b"c=d") == {"a": ["b"]}


def test_more_fields_than_anybody_sends_are_refused():
    with pytest.raises(PromqlError, match="form values"):
        of(text="&".join(f"a{number}=" for number in range(1_001)))


@given(st.text("aq=&+%2fCé;\udc80", max_size=30), st.sampled_from(["", "query="]))
def test_fields_are_those_of_the_standard_library(text, begin):
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(begin + text, keep_blank_values=True):
        found.setdefault(name, []).append(value)

    assert of(text=begin + text) == found
    assert of(text=begin + text) == found  # as it is remembered
