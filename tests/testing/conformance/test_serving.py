"""What recorded requests and their answers are made of."""

from muster.testing.conformance.serving import Answer, Exchange


def test_a_request_has_nothing_but_method_and_path_of_itself():
    assert Exchange("GET", "/ping") == ("GET", "/ping", {}, {}, b"")


def test_an_answer_is_status_headers_and_body():
    assert Answer(204, {}, b"") == (204, {}, b"")
