"""Refused client certificates are told, once a minute and network."""

import logging
import ssl

import pytest

from muster.net import refused
from muster.net.refused import EVERY_S, MAX_NETWORKS, OTHERS, Refusals

LOGGER = "muster.net.refused"


def expired() -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


def unshown() -> ssl.SSLError:
    error = ssl.SSLError(1, "no certificate")
    error.reason = "PEER_DID_NOT_RETURN_A_CERTIFICATE"
    return error


@pytest.fixture
def minutes():
    return []


@pytest.fixture
def refusals(minutes, caplog):
    caplog.set_level(logging.INFO, LOGGER)

    def later(seconds, ended):
        assert seconds == EVERY_S
        minutes.append(ended)

    return Refusals("agents", later)


def told(caplog):
    return [(each.network, each.address, each.reason, each.count) for each in caplog.records]


def test_the_first_of_a_network_is_told_at_once(refusals, caplog):
    assert refusals.note("192.0.2.7", expired())

    assert told(caplog) == [("192.0.2.0/24", "192.0.2.7", "certificate has expired", 1)]
    assert caplog.records[0].listener == "agents"


def test_those_of_a_minute_are_one_line_at_its_end(refusals, minutes, caplog):
    refusals.note("192.0.2.7", expired())
    refusals.note("192.0.2.8", expired())
    refusals.note("192.0.2.9", unshown())
    refusals.note("198.51.100.1", unshown())

    assert len(caplog.records) == 2
    minutes.pop(0)()
    last = ("192.0.2.0/24", "192.0.2.9", "no certificate was shown", 2)
    assert told(caplog)[2:] == [last]


def test_a_network_that_was_quiet_for_a_minute_is_forgotten(refusals, minutes, caplog):
    refusals.note("192.0.2.7", expired())
    minutes.pop(0)()

    assert minutes == []
    refusals.note("192.0.2.7", expired())
    assert [count for *_, count in told(caplog)] == [1, 1]


def test_networks_past_the_bound_are_counted_together(refusals, minutes, caplog):
    for number in range(MAX_NETWORKS):
        refusals.note(f"10.{number >> 8}.{number & 255}.1", unshown())
    caplog.clear()
    refusals.note("192.0.2.7", unshown())
    refusals.note("198.51.100.1", unshown())

    assert told(caplog) == [(OTHERS, "192.0.2.7", "no certificate was shown", 1)]


def test_a_handshake_that_failed_otherwise_is_not_told(refusals, caplog):
    assert not refusals.note("192.0.2.7", ConnectionResetError("gone"))
    assert not refusals.note("192.0.2.7", ssl.SSLError(1, "wrong version number"))
    assert caplog.records == []
    assert refused.why_refused(ConnectionResetError()) == ""
