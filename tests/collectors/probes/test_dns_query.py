from muster.collectors.probes.dns_query import ERROR, TIMEOUT, Asked, point
from muster.model.probe import DnsProbe

PROBE = DnsProbe(server="9.9.9.9", domain="example.org", record_type="A")
TAGS = {"server": "9.9.9.9", "domain": "example.org", "record_type": "A"}


def test_an_answer_has_its_time_and_code():
    found = point(PROBE, Asked(rcode="NOERROR", time_ms=1.5), 5)

    assert found.tags == TAGS | {"result": "success", "rcode": "NOERROR"}
    assert found.fields == {"query_time_ms": 1.5, "rcode_value": 0, "result_code": 0}


def test_another_code_is_an_error_that_has_its_time():
    found = point(PROBE, Asked(rcode="NXDOMAIN", rcode_value=3, time_ms=1.5), 5)

    assert found.tags == TAGS | {"result": "error", "rcode": "NXDOMAIN"}
    assert found.fields == {"query_time_ms": 1.5, "rcode_value": 3, "result_code": 2}


def test_without_an_answer_there_is_a_result_alone():
    late, wrong = (point(PROBE, Asked(result=each), 5) for each in (TIMEOUT, ERROR))

    assert (late.tags, late.fields) == (TAGS | {"result": "timeout"}, {"result_code": 1})
    assert (wrong.tags, wrong.fields) == (TAGS | {"result": "error"}, {"result_code": 2})
