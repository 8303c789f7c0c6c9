"""Points of the home stack."""

from muster.testing.homestack import HOSTS, MINUTES, lines


def test_every_measurement_of_the_dashboards_is_there_for_each_host():
    text = lines(10**18).decode()
    names = {line.split(",")[0] for line in text.splitlines()}

    assert {"system", "mem", "swap", "cpu", "disk", "net", "apcupsd", "docker"} <= names
    assert {"nvidia_smi", "ping", "http_response", "dns_query"} <= names
    assert {"smart_attribute", "smart_device"} <= names
    for host in HOSTS:
        assert text.count(f"mem,host={host} ") == MINUTES
