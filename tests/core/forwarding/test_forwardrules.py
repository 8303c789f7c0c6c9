from pathlib import Path

import pytest

from muster.core.forwarding.forwardrules import (
    ForwardFormat,
    ForwardSettings,
    Origin,
    Rule,
    check,
    form_of,
    is_meant,
)
from muster.errors import SettingsError
from muster.ports.forwarding import Form

OF_NODE = Origin("space", "muster", "autogen", "id-1", "web01")
OF_NOBODY = Origin("space", "telegraf", "week")


def rule(**settings):
    rooms = {"id-1": frozenset(("Lab", "room-id"))}
    settings = ForwardSettings(url="http://there:8086", **settings)
    return Rule(settings, lambda node: rooms.get(node, frozenset()))


@pytest.mark.parametrize(
    ("settings", "of_node", "of_nobody"),
    [
        ({}, True, True),
        ({"databases": ("muster",)}, True, False),
        ({"databases": ("tele*", "x")}, False, True),
        ({"spaces": ("other",)}, False, False),
        ({"nodes": ("web*",)}, True, False),
        ({"nodes": ("id-1",)}, True, False),
        ({"nodes": ("db*",)}, False, False),
        ({"rooms": ("Lab",)}, True, False),
        ({"rooms": ("room-id", "x")}, True, False),
        ({"rooms": ("Attic",), "nodes": ("web01",)}, False, False),
        ({"measurements": ("cpu",)}, True, True),
    ],
)
def test_a_rule_says_whose_points_are_meant(settings, of_node, of_nobody):
    found = rule(**settings)

    assert (found.fits(OF_NODE), found.fits(OF_NOBODY)) == (of_node, of_nobody)


def test_without_patterns_every_name_is_meant():
    assert is_meant((), "cpu")
    assert is_meant(("c?u",), "cpu")
    assert not is_meant(("disk*",), "cpu")


@pytest.mark.parametrize(
    ("name", "settings", "key"),
    [
        ("a b", {"url": "http://x"}, "forward.a b"),
        ("n", {"url": "ftp://x"}, "forward.n.url"),
        ("n", {"url": "http://u:p@x"}, "forward.n.url"),
        ("n", {"url": "http://x:y"}, "forward.n.url"),
        ("n", {"url": "udp://x"}, "forward.n.url"),
        ("n", {"url": "udp://x:1", "format": ForwardFormat.PROMETHEUS}, "forward.n.format"),
        ("n", {"url": "https://x", "key": Path("k")}, "forward.n.certificate"),
        ("n", {"url": "https://x", "queue_bytes": 1}, "forward.n.queue_bytes"),
        ("n", {"url": "https://x", "nodes": ("x",) * 1_001}, "forward.n.nodes"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_by_key(name, settings, key):
    with pytest.raises(SettingsError) as refusal:
        check(name, ForwardSettings(**settings))

    assert refusal.value.key == key


def test_a_form_follows_from_address_and_format():
    check("home-lab_1", ForwardSettings(url="https://there"))
    assert form_of(ForwardSettings(url="https://there")) is Form.LINES
    assert form_of(ForwardSettings(url="udp://there:1")) is Form.DATAGRAMS
    samples = ForwardSettings(url="http://there", format=ForwardFormat.PROMETHEUS)
    assert form_of(samples) is Form.SAMPLES
