from muster.agent.machine.container import container_of

ID = "0f" * 32
ROOT = "820 700 0:60 / / rw - overlay overlay rw,lowerdir=/l/A,upperdir=/l/{layer}/diff\n"
NAMED = "831 820 8:1 /var/lib/docker/containers/{id}/hostname /etc/hostname rw - ext4 /dev/sda rw\n"


def container(tmp_path, text):
    file = tmp_path / "mountinfo"
    file.write_text(text)
    return container_of(file)


def test_a_container_made_anew_is_another_and_one_started_again_is_not(tmp_path):
    first = container(tmp_path, ROOT.format(layer="1") + NAMED.format(id=ID))

    assert first == f"{ID} /l/1/diff"
    assert container(tmp_path, ROOT.format(layer="1") + NAMED.format(id=ID)) == first
    assert container(tmp_path, ROOT.format(layer="1") + NAMED.format(id="ab" * 32)) != first


def test_in_one_pod_the_layer_tells_containers_apart(tmp_path):
    pod = NAMED.format(id=ID)

    assert container(tmp_path, ROOT.format(layer="1") + pod) != container(
        tmp_path, ROOT.format(layer="2") + pod
    )


def test_an_engine_without_layers_is_known_by_the_id_alone(tmp_path):
    root = "820 700 0:60 / / rw - btrfs /dev/sda1 rw,subvol=/x\n"

    assert container(tmp_path, root + NAMED.format(id=ID)) == ID


def test_a_machine_that_runs_containers_is_none(tmp_path):
    shown = f"90 30 0:50 / /var/lib/docker/containers/{ID}/mounts/shm rw - tmpfs shm rw\n"

    assert container(tmp_path, "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + shown) == ""


def test_what_cannot_be_read_or_understood_is_no_container(tmp_path):
    assert container_of(tmp_path / "gone") == ""
    assert container(tmp_path, "nonsense\n - \n1 2 3 4 / -\n") == ""
