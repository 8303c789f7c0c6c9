"""What a request says."""

import pytest

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
