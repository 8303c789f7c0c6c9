import hashlib
import re
import subprocess
import tarfile
from pathlib import Path

import msgspec
import pytest

from muster.clock import ManualClock
from muster.core.connecting.kit import SCRIPT
from muster.errors import NotFound, Unavailable
from muster.hub.kits.bundle import PACKAGING, Bundle, InstallSettings, fill_script, read_texts

SETTINGS = InstallSettings(standalone=False, wheels=Path("none"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    bundle = Bundle(tmp_path_factory.mktemp("install"), SETTINGS, ManualClock())
    return bundle, bundle.make()


def test_every_file_is_there_with_its_digest(made, tmp_path):
    bundle, kit = made
    folder = next(iter(bundle._folder.iterdir()))

    for file in kit.files:
        body = (folder / file.name).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (file.size, file.sha256)
    assert {file.kind for file in kit.files} == {"script", "wheel", "docker", "chart", "role"}
    assert kit.missing == ()


def test_the_script_holds_the_digest_of_every_wheel_of_every_build(made):
    _, kit = made
    lines = re.search(r"^FILES='\n(.*?)\n'$", kit.script, re.MULTILINE | re.DOTALL)[1]
    held = {line.split()[4]: line.split()[6] for line in lines.splitlines()}

    assert held == {file.name: file.sha256 for file in kit.files if file.kind == "wheel"}
    assert {name for build in kit.builds for name in build.files} == set(held)
    assert "@include" not in kit.script
    assert "ProtectSystem=strict" in kit.script


def test_a_second_making_finds_the_first(made):
    bundle, kit = made
    again = Bundle(bundle._folder, SETTINGS, ManualClock())

    before = {path: path.stat().st_mtime_ns for path in bundle._folder.rglob("*")}
    assert again.make() == kit
    assert {path: path.stat().st_mtime_ns for path in bundle._folder.rglob("*")} == before


async def test_only_files_of_the_kit_are_handed_out(made):
    bundle, _ = made
    fresh = Bundle(bundle._folder, SETTINGS, ManualClock())
    with pytest.raises(NotFound):
        fresh.path(SCRIPT)  # not made yet
    await fresh.kit()

    assert fresh.path(SCRIPT).is_file()
    for name in ("kit.json", "../kit.json", "/etc/passwd", ""):
        with pytest.raises(NotFound):
            fresh.path(name)


def test_more_wheels_make_more_builds(made, tmp_path):
    _, kit = made
    python = kit.builds[0].python
    other = "3.13" if python != "3.13" else "3.12"
    names = {name.split("-")[0] for build in kit.builds for name in build.files} - {"musterd"}
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in names:
        tag = other.replace(".", "")
        (wheels / f"{name}-9-cp{tag}-cp{tag}-musllinux_1_2_aarch64.whl").write_bytes(b"x")
    more = Bundle(
        tmp_path / "install", InstallSettings(standalone=False, wheels=wheels), ManualClock()
    ).make()

    (build,) = (build for build in more.builds if build.libc == "musl")
    assert (build.python, build.machine, build.libc_least) == (other, "aarch64", "1.2")
    assert len(more.builds) == len(kit.builds) + 1


def test_what_is_built_here_holds_wheels_of_this_machine_whatever_others_there_are(made, tmp_path):
    _, kit = made
    (own,) = kit.builds
    other = "aarch64" if own.machine != "aarch64" else "x86_64"
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    tag = "cp" + own.python.replace(".", "")
    for name in {name.split("-")[0] for name in own.files} - {"musterd"}:
        (wheels / f"{name}-9-{tag}-{tag}-manylinux_2_17_{other}.whl").write_bytes(b"x")
    bundle = Bundle(
        tmp_path / "install", InstallSettings(standalone=False, wheels=wheels), ManualClock()
    )
    more = bundle.make()

    assert {build.machine for build in more.builds} == {own.machine, other}
    folder = next(iter(bundle._folder.iterdir()))
    (docker,) = (file.name for file in more.files if file.kind == "docker")
    with tarfile.open(folder / docker) as archive:
        held = [name for name in archive.getnames() if name.endswith(".whl")]
    assert held
    assert not [name for name in held if other in name]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "install").write_text("in the way")
    with pytest.raises(Unavailable, match="install"):
        Bundle(tmp_path / "install", SETTINGS, ManualClock()).make()


async def test_the_texts_alone_wait_for_no_making(tmp_path):
    (tmp_path / "install").write_text("in the way")
    texts = await Bundle(tmp_path / "install", SETTINGS, ManualClock()).texts()

    assert texts.texts == read_texts()
    assert texts.files == ()


async def test_what_failed_is_not_begun_again_for_everybody_who_asks(tmp_path):
    (tmp_path / "install").write_text("in the way")
    clock = ManualClock()
    bundle = Bundle(tmp_path / "install", SETTINGS, clock)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await bundle.kit()
    (tmp_path / "install").unlink()
    with pytest.raises(Unavailable):
        await bundle.kit()
    clock.advance(61)

    assert (await bundle.kit()).files


def test_the_image_holds_its_wheels_and_is_for_this_python(made):
    bundle, kit = made
    file = kit.file("docker")
    with tarfile.open(next(bundle._folder.iterdir()) / file.name) as archive:
        names = archive.getnames()
        dockerfile = archive.extractfile("Dockerfile").read().decode()
        entry = archive.getmember("entrypoint.sh")

    assert f"python:{kit.builds[0].python}-slim" in dockerfile
    assert {name for name in names if name.startswith("wheels/")} == {
        f"wheels/{name}" for name in kit.builds[0].files
    }
    assert entry.mode & 0o111


def test_the_kit_is_kept_as_it_was_written(made):
    _, kit = made

    assert msgspec.json.decode(msgspec.json.encode(kit), type=type(kit)) == kit


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_the_script_is_shell(shell, tmp_path):
    script = tmp_path / SCRIPT
    script.write_text(fill_script(read_texts(), "1", ["any x86_64 glibc 2.17 a.tar.gz 1 00"]))
    try:
        done = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"no {shell} here")
    assert (done.returncode, done.stderr) == (0, "")


def test_all_the_package_has_for_installers_is_text():
    assert {path.name for path in PACKAGING.iterdir()} >= {
        "kickstart.sh",
        "docker",
        "chart",
        "role",
    }
    assert all(read_texts().values())
