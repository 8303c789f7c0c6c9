"""`muster agent netdata-claim`, `netdatacli` and `-W`: their words are taken as they are."""

import pytest

from muster.cli.main import main as muster


@pytest.fixture(autouse=True)
def world(monkeypatch):
    for name in ("NETDATA_VARLIB_DIR", "NETDATA_DISABLE_CLOUD", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


def run(tmp_path, *words):
    return muster(["agent", *words, "--data", str(tmp_path)])


def test_unknown_arguments_are_code_1_also_those_that_look_like_help(tmp_path, capsys):
    assert run(tmp_path, "netdata-claim", "-foo=x") == 1
    assert "Unknown argument -foo" in capsys.readouterr().err
    assert run(tmp_path, "netdata-claim", "-hostname=web", "-nope") == 1
    assert "Unknown argument -nope" in capsys.readouterr().err


def test_help_is_ours_with_all_arguments(capsys):
    with pytest.raises(SystemExit) as caught:
        muster(["agent", "netdata-claim", "--help"])

    assert caught.value.code == 0
    assert "-daemon-not-running" in capsys.readouterr().out


def test_the_data_folder_may_stand_before_or_behind(tmp_path, capsys):
    words = ["netdata-claim", "-url=https://127.0.0.1:9", "-id=x", "-nope"]
    assert muster(["agent", "netdata-claim", "--data", str(tmp_path), *words[1:]]) == 1
    assert muster(["--data", str(tmp_path), "agent", *words]) == 1
    assert (tmp_path / "registry" / "netdata.public.unique.id").is_file()


def test_a_token_in_an_argument_is_warned_about_and_not_printed(tmp_path, capsys):
    assert run(tmp_path, "netdata-claim", "-token=very-secret", "-nope") == 1
    seen = capsys.readouterr()

    assert "every user of this machine can read a token" in seen.err
    assert "very-secret" not in seen.err + seen.out


def test_without_an_agent_netdatacli_says_so(tmp_path, capsys):
    assert run(tmp_path, "netdatacli", "aclk-state") == 255
    assert "no agent runs" in capsys.readouterr().err
    assert muster(["agent", "--data", str(tmp_path), "-W", "aclk-state"]) == 255


def test_the_switch_claims_with_what_the_text_says(tmp_path, capsys):
    def switch(text):
        return muster(["agent", "--data", str(tmp_path), "-W", text])

    assert switch("claim -foo") == 1
    assert switch("claim -hostname='a") == 1
    assert switch("claim -token=T -rooms=R") == 4  # no address
    assert switch("set-something") == 2
    assert muster(["agent", "--data", str(tmp_path)]) == 2
    (tmp_path / "cloud.d").mkdir(exist_ok=True)
    (tmp_path / "cloud.d" / "cloud.conf").write_text("[global]\n enabled = no\n")
    capsys.readouterr()
    assert switch("claim -token=T -url=https://127.0.0.1:9") == 3
    assert "cloud functionality has been disabled" in capsys.readouterr().err


def test_a_cloud_that_is_off_by_setting_is_code_3(tmp_path, capsys):
    (tmp_path / "agent.toml").write_text("[netdata]\nenabled = false\n")

    assert run(tmp_path, "netdata-claim", "-token=T") == 3
    assert "`[netdata] enabled = false`" in capsys.readouterr().err
