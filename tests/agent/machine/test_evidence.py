"""By what a machine is known again: hashed for one hub, and empty where nothing can be read."""

import pytest

from muster.agent.machine.evidence import MAX_CARDS, hashed, machine_evidence
from muster.model.evidence import Evidence

HUB = "5d1c7a52-0000-4000-8000-000000000001"


@pytest.fixture
def root(tmp_path):
    write(tmp_path / "etc/machine-id", "b08dfa6083e7567a1921a715000001fb\n")
    write(tmp_path / "sys/class/dmi/id/product_uuid", "4C4C4544-0051-3610-8052-B4C04F4B3132\n")
    write(tmp_path / "proc/sys/kernel/random/boot_id", "7f0c\n")
    card(tmp_path, "eth0", "52:54:00:12:34:56")
    card(tmp_path, "veth1", "02:42:ac:11:00:02", real=False)
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def card(root, name, address, real=True):
    write(root / f"sys/class/net/{name}/address", address + "\n")
    if real:
        (root / f"sys/class/net/{name}/device").mkdir()


def test_a_machine_shows_its_ids_and_its_real_network_cards(root):
    evidence = machine_evidence(HUB, root)

    assert evidence.machine_id == hashed(HUB, "machine_id", "b08dfa6083e7567a1921a715000001fb")
    assert evidence.dmi == hashed(HUB, "dmi", "4c4c4544-0051-3610-8052-b4c04f4b3132")
    assert evidence.macs == (hashed(HUB, "mac", "52:54:00:12:34:56"),)
    assert evidence.boot_id == "7f0c"


def test_nothing_of_it_is_readable_and_two_hubs_cannot_compare(root):
    one, other = machine_evidence(HUB, root), machine_evidence(HUB[::-1], root)

    assert one.machine_id != other.machine_id
    assert one.dmi != other.dmi
    assert set(one.macs).isdisjoint(other.macs)
    assert "b08dfa" not in repr(one)


def test_two_machines_differ_and_one_stays_itself(root, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    write(other / "etc/machine-id", "c" * 32)

    assert machine_evidence(HUB, root) == machine_evidence(HUB, root)
    assert machine_evidence(HUB, root).machine_id != machine_evidence(HUB, other).machine_id


def test_a_machine_of_which_nothing_can_be_read_shows_nothing(tmp_path):
    assert machine_evidence(HUB, tmp_path) == Evidence()


@pytest.mark.parametrize(
    "text",
    ["", " ", "00000000-0000-0000-0000-000000000000", "03000200-0400-0500-0006-000700080009"],
)
def test_what_many_machines_share_tells_none_of_them(text):
    assert hashed(HUB, "dmi", text) == ""


def test_without_a_hub_there_is_nothing_to_hash_for():
    assert hashed("", "dmi", "4c4c") == ""


def test_only_so_many_cards_are_shown(tmp_path):
    for number in range(MAX_CARDS + 9):
        card(tmp_path, f"eth{number}", f"52:54:00:00:00:{number:02x}")

    assert len(machine_evidence(HUB, tmp_path).macs) == MAX_CARDS


def test_dbus_has_the_machine_id_where_systemd_is_not(tmp_path):
    write(tmp_path / "var/lib/dbus/machine-id", "d" * 32)

    assert machine_evidence(HUB, tmp_path).machine_id
