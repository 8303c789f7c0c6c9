"""What a request says, in its URL and in a form."""

import pytest

from muster.errors import InputError
from muster.faces.influx.parameters import is_set, parameters_of
from muster.net.http import Request

FILE = (
    b'--x\r\nContent-Disposition: form-data; name="q"; filename="q.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\nSHOW DATABASES\r\n"
    b'--x\r\nContent-Disposition: form-data; name="db"\r\n\r\nd\r\n--x--\r\n'
)


def asked(body=b"", kind="application/x-www-form-urlencoded", method="POST"):
    return parameters_of(
        Request(
            method=method,
            path="/query",
            query={"q": "url", "epoch": "s"},
            headers={"content-type": kind},
            body=body,
        )
    )


def test_a_form_wins_over_the_url_and_its_first_value_counts():
    assert asked(b"q=form&q=again&db=") == {"q": "form", "epoch": "s", "db": ""}


def test_a_query_may_be_a_file():
    found = asked(FILE, "multipart/form-data; boundary=x")

    assert found == {"q": "SHOW DATABASES", "db": "d", "epoch": "s"}


@pytest.mark.parametrize("kind", ["", "application/json", "application/vnd.influxql"])
def test_another_body_is_not_read(kind):
    assert asked(b"q=form", kind) == {"q": "url", "epoch": "s"}


def test_a_get_has_no_form():
    assert asked(b"q=form", method="GET")["q"] == "url"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"&".join(b"a%d=1" % at for at in range(200)), "application/x-www-form-urlencoded"),
        (b"--x", "multipart/form-data"),
        (b"--x", "multipart/form-data; boundary=\u00e9"),
    ],
)
def test_what_is_no_form_is_refused(body, kind):
    with pytest.raises(InputError, match="form"):
        asked(body, kind)


def test_a_switch_is_on_by_one_word():
    assert is_set({"pretty": "true"}, "pretty")
    assert not is_set({"pretty": "1"}, "pretty")
    assert not is_set({}, "pretty")
