"""The search for secrets finds each kind of them in each kind of output."""

import contextlib
import io
import logging
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest
import zstandard
from checkout import ROOT

from muster.pki import keys

sys.path.insert(0, str(Path(__file__).parents[1] / "scenario"))

from canary import Canaries, Sampling, listening
from logcanary import LogCanary
from secretforms import FORMS

SECRET = "k3x7p2mq5rt6w2yak3x7p2mq5rt6w2yak3x7p2mq5rt"
TOKEN = f"mst1.k3x7p2mq5rt6w2ya.{SECRET}.pins.addresses.check"


@pytest.fixture
def canaries():
    return Canaries()


@pytest.fixture
def folder():
    """Not among those of other tests, which the search of all scenarios looks through."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def said(canaries):
    return [str(each) for each in canaries.found()]


def test_a_token_in_a_log_is_found_with_its_line(canaries, folder):
    (folder / "token").write_text(TOKEN)
    (folder / "hub.log").write_text(f"fine\nfine too\nclaim by {SECRET}\n")
    canaries.gather_files(folder)
    canaries.saw_files(folder)

    assert said(canaries) == [f"{folder / 'hub.log'}, line 3: claim token"]


@pytest.mark.parametrize(
    ("name", "text", "leak", "kind"),
    [
        ("t", f"mat1_{SECRET}abcdefg", SECRET, "API token"),
        ("t", f"mnt1k3x7p2mq5rt6w2ya{SECRET}{'c' * 72}", SECRET, "claim token"),
        ("t", f"minv1_{SECRET}", SECRET, "invitation"),
        ("t", f"mdl1.{SECRET}abcdefg", SECRET, "public link"),
        ("netdata_random_session_id", "0b6e1c52-9b1d", "0b6e1c52-9b1d", "one-time key"),
        ("admin-password", "correct horse\n", "correct horse", "admin's password"),
    ],
)
def test_each_kind_of_secret_is_known_by_its_form(canaries, folder, name, text, leak, kind):
    (folder / name).write_text(text)
    canaries.gather_files(folder)
    canaries.saw("standard error", f"it is {leak}")

    assert said(canaries) == [f"standard error, line 1: {kind}"]


def test_every_prefix_of_a_secret_in_the_package_is_known():
    written = re.compile(r"""^_?PREFIX = ["'](m[a-z]+1[._]?)["']$""", re.MULTILINE)
    found = {
        prefix
        for path in (ROOT / "src/muster").rglob("*.py")
        for prefix in written.findall(path.read_text())
    }

    assert {prefix.rstrip(".") for prefix in found} == {form.rstrip(".") for form in FORMS}


@pytest.mark.parametrize("way", ["message", "field", "traceback"])
@pytest.mark.parametrize(
    ("text", "kind"), [(TOKEN, "claim token"), (keys.make_key().reveal(), "private key")]
)
def test_a_secret_that_a_test_logs_is_found(way, text, kind):
    canary = LogCanary()
    try:
        raise ValueError(text if way == "traceback" else "")
    except ValueError:
        fault = sys.exc_info()
    record = logging.LogRecord(
        "muster.x", logging.WARNING, "x.py", 1, "no %s", (text if way == "message" else "",), fault
    )
    record.field = text if way == "field" else ""
    canary.emit(record)

    assert canary.take() == [f"{kind} in a record of muster.x"]
    assert canary.take() == []


def test_what_tests_log_is_listened_to():
    canaries = [each for each in logging.getLogger().handlers if isinstance(each, LogCanary)]
    logging.getLogger("muster.x").warning("no such token", extra={"token": TOKEN})

    (canary,) = canaries
    assert canary.take() == ["claim token in a record of muster.x"]


def test_a_token_in_netdatas_own_words_is_theirs_to_show_and_no_other_is(canaries):
    canaries.gather(TOKEN)
    canaries.saw_command(["netdata-claim.sh", f"-token={TOKEN}", "-url=https://hub"])
    canaries.saw_command(["netdata", "-W", f"claim -token={TOKEN} -url=https://hub"])
    canaries.saw_command(["netdata-claim.sh", "--claim-token", TOKEN])
    assert said(canaries) == []
    canaries.saw_command(["curl", "--data", TOKEN])

    assert len(said(canaries)) == 1


def test_a_private_key_is_found_by_a_line_of_it(canaries, folder):
    key = keys.make_key().reveal()
    (folder / "key.pem").write_text(key)
    canaries.gather_files(folder)
    canaries.saw("standard error", "error: " + key.splitlines()[1])

    assert said(canaries) == ["standard error, line 1: private key"]


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_a_command_prints_is_searched(canaries, monkeypatch, stream):
    monkeypatch.setattr(subprocess.Popen, "communicate", listening(canaries))
    code = f"import sys; print('no such token: ' + sys.stdin.read(), file=sys.{stream})"
    words = [sys.executable, "-c", code, "muster"]
    subprocess.run(words, input=TOKEN, text=True, capture_output=True, check=True)

    (found,) = canaries.found()
    assert found.kind == "claim token"
    assert found.where.startswith(f"standard {'output' if stream == 'stdout' else 'error'} of")


def test_a_command_that_makes_tokens_may_print_them_and_not_as_an_error(canaries):
    words = ["python", "-m", "muster", "token", "create"]
    canaries.saw_end(words, TOKEN, "", "")
    assert said(canaries) == []
    canaries.saw_end(words, "", f"made {SECRET}", "")

    assert len(said(canaries)) == 1


@contextlib.contextmanager
def running(*words, **options):
    """A process that is certainly there."""
    with subprocess.Popen(
        [sys.executable, "-c", "print(flush=True); input()", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **options,
    ) as process:
        process.stdout.readline()
        yield
        process.stdin.write(b"\n")
        process.stdin.close()


def test_the_list_of_processes_is_searched(canaries):
    canaries.gather(TOKEN)
    with running(TOKEN):
        Sampling(canaries).look()

    (found,) = canaries.found()
    assert found.kind == "claim token"
    assert found.where.startswith("list of processes")
    assert "mst1.k3x7p2mq5rt6w2ya.***" in found.where


def test_the_password_of_a_proxy_is_known_from_the_environment_of_ours(canaries):
    with running("muster", env={"https_proxy": "http://user:hunter2hunter2@127.0.0.1:3128"}):
        Sampling(canaries).look()
    canaries.saw("hub", "proxy http://user:hunter2hunter2@127.0.0.1:3128 refuses")

    assert said(canaries) == ["hub, line 1: password of a proxy"]


def test_a_backup_is_searched_but_for_the_hubs_own_keys(canaries, folder):
    canaries.gather(TOKEN)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in ("ca/root.key", "records.sqlite"):
            body = f"x\n{SECRET}".encode()
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    (folder / "backup").write_bytes(zstandard.compress(packed.getvalue()))
    canaries.saw_files(folder)

    assert said(canaries) == [f"{folder / 'backup'}, records.sqlite, line 2: claim token"]


def test_what_a_real_netdata_agent_logs_of_its_own_is_not_ours(tmp_path):
    canaries = Canaries()
    canaries.gather(TOKEN)
    for name in ("agent/log/access.log", "agent/etc/netdata.conf", "hub/log/hub.log"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(f"GET /api/v3/claim?token={TOKEN}")
    canaries.saw_files(tmp_path)

    assert [each.where for each in canaries.found()] == [str(tmp_path / "hub/log/hub.log")]
