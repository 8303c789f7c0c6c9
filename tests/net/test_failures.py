import logging

from muster.errors import Denied
from muster.net.failures import bug, refusal
from muster.net.hosts import UnknownHost


class FakeHttp:
    method, path = "GET", "/"

    def __init__(self, accept=""):
        self.headers = {"Accept": accept}


def test_an_error_of_ours_is_answered_by_the_table():
    told = refusal(FakeHttp(), Denied("no"))

    assert (told.status, told.content_type) == (403, "application/json")


def test_who_mistyped_the_address_in_a_browser_reads_a_sentence():
    error = UnknownHost("hub.test")
    told = refusal(FakeHttp("text/html"), error)

    assert told.body.decode() == f"{error}\n"


def test_a_bug_is_told_by_a_reference_that_the_log_has(caplog):
    with caplog.at_level(logging.ERROR):
        try:
            raise ZeroDivisionError("secret")
        except ZeroDivisionError:
            told = bug(FakeHttp())

    assert told.status == 500
    assert "secret" not in str(told)
    assert caplog.records[0].reference in str(told)
