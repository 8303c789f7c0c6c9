from muster.collectors.probes.ping import ERROR, NO_HOST, PROBE, Pinged, point
from muster.model.probe import PingProbe


def fields(**pinged):
    found = point(PingProbe(url="host"), Pinged(**pinged), 5)
    assert (found.measurement, found.time_ns, found.tags) == ("ping", 5, {"url": "host"})
    assert set(found.fields) <= {field.name for field in PROBE.measurements[0].fields}
    return found.fields


def test_replies_have_their_times():
    assert fields(sent=4, times_ms=(1.0, 3.0), ttl=57) == {
        "packets_transmitted": 4,
        "packets_received": 2,
        "percent_packet_loss": 50.0,
        "result_code": 0,
        "average_response_ms": 2.0,
        "minimum_response_ms": 1.0,
        "maximum_response_ms": 3.0,
        "standard_deviation_ms": 1.0,
        "ttl": 57,
    }


def test_without_a_reply_there_are_no_times():
    assert fields(sent=2) == {
        "packets_transmitted": 2,
        "packets_received": 0,
        "percent_packet_loss": 100.0,
        "result_code": 1,
    }


def test_a_name_that_is_not_known_and_an_error_have_a_code_alone():
    assert fields(code=NO_HOST) == {"result_code": 1}
    assert fields(code=ERROR) == {"result_code": 2}
