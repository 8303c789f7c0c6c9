from cryptography.hazmat.primitives.serialization import load_pem_public_key

from muster.testing.netdata.installation import install

NOW = 1_800_000_000


def test_each_installation_is_another_machine_with_children_of_its_own():
    one, two = (install("web", now_s=NOW, children=["a", "b"]) for _ in range(2))
    guids = {host.machine_guid for disk in (one, two) for host in disk.machine.hosts}

    assert len(guids) == 6
    assert [host.hostname for host in one.machine.hosts] == ["web", "a", "b"]


def test_its_public_key_is_rsa_2048_as_pem_with_a_line_end():
    disk = install("web", now_s=NOW)

    assert disk.public_pem.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert disk.public_pem.endswith("-----END PUBLIC KEY-----\n")
    assert load_pem_public_key(disk.public_pem.encode()).key_size == 2048


def test_a_copy_has_the_same_ids_and_goes_its_own_way():
    disk = install("web", now_s=NOW)
    copy = disk.copy()
    copy.machine.own.node_id = "given"

    assert copy.machine.own.machine_guid == disk.machine.own.machine_guid
    assert disk.machine.own.node_id == ""
