import io
import subprocess
import tarfile

from muster.hub.kits import standalone
from muster.hub.kits.wheels import pack_own, version_key


def test_the_build_runs_with_nothing_but_itself(tmp_path):
    """Ours alone is in it here: that its Python finds it is what is tested."""
    wheel = pack_own(tmp_path, compiled=False)
    archive = tmp_path / "agent.tar.gz"
    least = standalone.build(archive, [wheel])
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "there", filter="data")
    python = tmp_path / "there/bin/python"
    code = "import ssl, sqlite3, json, sys, muster; print(muster.__file__, sys.prefix)"
    shown = subprocess.run(
        [python, "-P", "-c", code], capture_output=True, text=True, check=True, env={}
    )

    assert shown.stdout.split() == [
        str(tmp_path / "there/site/muster/__init__.py"),
        str(tmp_path / "there/python"),
    ]
    assert version_key(least) > (2, 4)
    with tarfile.open(archive) as packed:
        names = packed.getnames()
        assert not [name for name in names if "/test/" in name or "libc.so" in name]
        assert all(entry.uid == 0 and not entry.issym() for entry in packed.getmembers())
        launcher = packed.extractfile("bin/python")
        assert isinstance(launcher, io.BufferedReader)
        assert launcher.read().startswith(b"#!/bin/sh\n")
