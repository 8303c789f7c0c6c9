from muster.clock import SECOND_NS
from muster.collectors.probes.x509_cert import Shown, point
from muster.model.probe import HttpProbe

PROBE = HttpProbe(url="https://example.org/")


def test_a_good_certificate_tells_how_long_it_lasts():
    shown = Shown(common_name="example.org", issuer="CA", begins_s=100, ends_s=1_100)
    found = point(PROBE, shown, 300 * SECOND_NS)

    assert found.fields == {
        "age": 200,
        "expiry": 800,
        "startdate": 100,
        "enddate": 1_100,
        "verification_code": 0,
    }
    assert found.tags == {
        "source": "https://example.org/",
        "type": "leaf",
        "verification": "valid",
        "common_name": "example.org",
        "issuer_common_name": "CA",
    }


def test_one_that_does_not_verify_says_why():
    found = point(PROBE, Shown(begins_s=0, ends_s=10, fault="has expired"), 30 * SECOND_NS)

    assert found.fields["expiry"] == -20
    assert found.fields["verification_error"] == "has expired"
    assert found.tags["verification"] == "invalid"
    assert "common_name" not in found.tags
