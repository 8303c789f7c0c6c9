from muster.core.connecting.kit import Kit, KitFile


def test_a_kit_without_a_script_has_no_digest_to_bind():
    script = KitFile(name="kickstart.sh", kind="script", size=1, sha256="ab")

    assert Kit(version="1", script="", files=(), builds=()).script_sha256 == ""
    assert Kit(version="1", script="", files=(script,), builds=()).script_sha256 == "ab"
    assert Kit(version="1", script="", files=(script,), builds=()).file("docker") is None
