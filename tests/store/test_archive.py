import hashlib
import io
import os
import stat
import tarfile

import msgspec
import pytest
import zstandard

from muster.errors import Conflict, InputError, Unavailable
from muster.store.archive import (
    FORMAT,
    ArchiveWriter,
    BackupDamaged,
    Entry,
    Manifest,
    is_safe,
    pack_frame,
    read_archive,
    sha256_of,
)

MANIFEST = Manifest(format=FORMAT, hub="h", version="1", time_ns=7, rows={"floats": 3})
FILES = {"records.sqlite": b"records", "ca/root.key": b"", "series/floats/1_1_1_0/a.bin": b"x" * 9}


def make(folder, files=None):
    target = folder / "backup.tar.zst"
    source = folder / "source"
    with ArchiveWriter(target) as archive:
        for name, data in (files or FILES).items():
            source.write_bytes(data)
            archive.add(name, source)
        archive.finish(MANIFEST)
    return target


def read(file):
    found = {}

    def take(name, body, size):
        found[name] = body.read()
        assert len(found[name]) == size

    return read_archive(file, take), found


def pack(folder, members):
    """A file in the same outer form with whatever members."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    file = folder / "other.tar.zst"
    file.write_bytes(zstandard.compress(plain.getvalue()))
    return file


def test_what_another_left_in_the_place_of_the_unfinished_file_gets_nothing(tmp_path):
    waiting = tmp_path / ".backup.tar.zst.part"
    with waiting.open("w+b") as others:
        target = make(tmp_path)

        assert others.read() == b""
        assert target.stat().st_mode & 0o777 == 0o600


def test_what_was_put_in_comes_out(tmp_path):
    manifest, found = read(make(tmp_path))

    assert found == FILES
    assert (manifest.hub, manifest.rows, manifest.total_bytes) == ("h", {"floats": 3}, 16)


def test_a_backup_is_the_owners_alone_and_nothing_lies_beside_it(tmp_path):
    target = make(tmp_path)

    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["backup.tar.zst", "source"]


def test_a_file_that_is_there_is_not_replaced(tmp_path):
    (tmp_path / "backup.tar.zst").write_text("precious")

    with pytest.raises(Conflict, match="exists already"):
        make(tmp_path)
    assert (tmp_path / "backup.tar.zst").read_text() == "precious"


def test_a_backup_that_is_given_up_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), ArchiveWriter(tmp_path / "b.tar.zst"):
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with (
        pytest.raises(InputError, match="there is no folder"),
        ArchiveWriter(tmp_path / "none" / "b.tar.zst"),
    ):
        pass


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with (
        pytest.raises(Unavailable, match=r"gone\.segment"),
        ArchiveWriter(tmp_path / "b.tar.zst") as archive,
    ):
        archive.add("journal/gone.segment", tmp_path / "gone.segment")


def test_every_cut_is_noticed(tmp_path):
    data = make(tmp_path).read_bytes()
    cut = tmp_path / "cut.tar.zst"
    for length in range(0, len(data), 7):
        cut.write_bytes(data[:length])
        with pytest.raises(BackupDamaged):
            read(cut)


def test_every_flipped_byte_is_noticed_or_means_nothing(tmp_path):
    """A flip may fall into padding or a header's time; what is handed out is right or refused."""
    data = bytearray(make(tmp_path).read_bytes())
    flipped = tmp_path / "flipped.tar.zst"
    for place in range(len(data)):
        data[place] ^= 0x10
        flipped.write_bytes(data)
        try:
            _, found = read(flipped)
        except InputError:
            continue
        finally:
            data[place] ^= 0x10
        assert found == FILES


def link(name, kind, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


@pytest.mark.parametrize(
    "member",
    [
        (tarfile.TarInfo("../evil"), b"x"),
        (tarfile.TarInfo("/etc/passwd"), b"x"),
        (tarfile.TarInfo("ca/../../evil"), b"x"),
        (tarfile.TarInfo("elsewhere/file"), b"x"),
        (tarfile.TarInfo("ca/a/b/c/d/e"), b"x"),
        (tarfile.TarInfo("ca/\udcffname"), b"x"),
        link("ca/link", tarfile.SYMTYPE, "/etc/passwd"),
        link("ca/link", tarfile.LNKTYPE, "records.sqlite"),
        link("ca/pipe", tarfile.FIFOTYPE, ""),
        link("ca/folder", tarfile.DIRTYPE, ""),
    ],
    ids=lambda member: member[0].name.encode("ascii", "replace").decode(),
)
def test_what_would_leave_its_place_is_refused_before_it_is_handed_out(tmp_path, member):
    with pytest.raises(BackupDamaged, match="no place in a backup"):
        read(pack(tmp_path, [member]))


def test_a_file_that_the_manifest_does_not_know_is_refused(tmp_path):
    manifest = b'{"format":1,"hub":"","version":"","time_ns":0,"rows":{},"files":[]}'
    members = [
        (tarfile.TarInfo("ca/root.key"), b"x"),
        (tarfile.TarInfo("manifest.json"), manifest),
    ]

    with pytest.raises(BackupDamaged, match="1 files of 0"):
        read(pack(tmp_path, members))


@pytest.mark.parametrize(
    ("manifest", "text"),
    [(b"{}", "cannot be read"), (b'{"format":9,"hub":"","version":"","time_ns":0,"rows":{}}', "9")],
)
def test_a_manifest_that_is_not_ours_is_refused(tmp_path, manifest, text):
    with pytest.raises(BackupDamaged, match=text):
        read(pack(tmp_path, [(tarfile.TarInfo("manifest.json"), manifest)]))


def test_nothing_may_follow_the_manifest(tmp_path):
    manifest = b'{"format":1,"hub":"","version":"","time_ns":0,"rows":{},"files":[]}'
    members = [
        (tarfile.TarInfo("manifest.json"), manifest),
        (tarfile.TarInfo("ca/root.key"), b"x"),
    ]

    with pytest.raises(BackupDamaged, match="too many"):
        read(pack(tmp_path, members))


def test_a_file_that_is_no_backup_says_so(tmp_path):
    (tmp_path / "text").write_text("hello")

    with pytest.raises(BackupDamaged):
        read(tmp_path / "text")
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none")


def test_the_names_of_a_hubs_files_are_safe():
    assert is_safe("series/floats/-20782_1_1_1/data.bin")
    assert is_safe("journal/00000000000000000002.segment")
    assert not is_safe("journal//x")
    assert not is_safe("")


def test_a_frame_that_another_process_writes_is_part_of_the_whole(tmp_path):
    first, key, last = (tmp_path / name for name in ("first", "key", "last"))
    for path in (first, key, last):
        path.write_bytes(path.name.encode() * 5000)
    target = tmp_path / "backup.tar.zst"

    def pack(descriptor):
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            return pack_frame(file, {"ca/root.key": key})

    with ArchiveWriter(target) as archive:
        archive.add("records.sqlite", first)
        packed = archive.add_frame(pack)
        archive.add("hub.toml", last)
        archive.finish(MANIFEST)
    manifest, found = read(target)

    assert list(found) == ["records.sqlite", "ca/root.key", "hub.toml"]
    assert found["ca/root.key"] == key.read_bytes()
    assert packed.files == (Entry("ca/root.key", 15_000, sha256_of(key)),)
    assert packed.tar_bytes % 512 == 0
    assert manifest.files[1:2] == packed.files
    # Whoever unpacks it with tar and zstd has a tar of whole records.
    unpacker = zstandard.ZstdDecompressor()
    plain = unpacker.stream_reader(target.read_bytes(), read_across_frames=True)
    assert len(plain.read()) % tarfile.RECORDSIZE == 0


def test_a_backup_in_one_frame_as_before_is_read(tmp_path):
    entry = Entry("hub.toml", 1, hashlib.sha256(b"x").hexdigest())
    manifest = msgspec.structs.replace(MANIFEST, format=1, files=(entry,))
    file = pack(
        tmp_path,
        [
            (tarfile.TarInfo("hub.toml"), b"x"),
            (tarfile.TarInfo("manifest.json"), msgspec.json.encode(manifest)),
        ],
    )

    assert read(file) == (manifest, {"hub.toml": b"x"})


def test_the_digest_of_a_file_that_is_not_there_is_an_error_with_its_name(tmp_path):
    with pytest.raises(InputError, match="nothing"):
        sha256_of(tmp_path / "nothing")
