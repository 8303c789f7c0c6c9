"""`muster installer`."""

import tomllib

from muster.cli.exits import Exit

PATH = "/api/v1/connect"
MADE = {
    "token": {"id": "abc", "token": "mst1.abc", "expires_ns": 4 * 10**18, "uses": 1},
    "commands": [],
    "files": [{"name": "install-on-web-01.sh", "text": "#!/bin/sh\nmst1.abc\n"}],
}


def test_the_file_alone_is_on_standard_output(hub):
    hub.answers[f"POST {PATH}"] = MADE
    code, out, err = hub.run("installer", "web-01")

    assert (code, out) == (Exit.OK, "#!/bin/sh\nmst1.abc\n")
    assert "shown only once" in err
    assert hub.asked[0][2]["name"] == "web-01"
    assert hub.asked[0][2]["preview"] is False


def test_settings_of_a_file_and_of_the_line_go_in_together(hub, tmp_path):
    hub.answers[f"POST {PATH}"] = MADE
    config = tmp_path / "agent.toml"
    config.write_text('[collect]\ndisabled = ["temp"]\n')
    words = (
        "--set",
        "log_level=debug",
        "--set",
        "link.proxy=none",
        "--set",
        "spool.max_bytes=1048576",
    )
    hub.run("installer", "web-01", "--config", str(config), *words)

    assert tomllib.loads(hub.asked[0][2]["config"]) == {
        "log_level": "debug",
        "link": {"proxy": "none"},
        "spool": {"max_bytes": 1048576},
        "collect": {"disabled": ["temp"]},
    }


def test_a_preview_and_a_template_are_passed_on(hub, tmp_path):
    hub.answers[f"POST {PATH}"] = MADE | {"token": None}
    template = tmp_path / "mine.sh"
    template.write_text("# @NAME@")
    _, _, err = hub.run("installer", "web-01", "--preview", "--template", str(template))

    assert err == ""
    assert (hub.asked[0][2]["preview"], hub.asked[0][2]["template"]) == (True, "# @NAME@")


def test_what_is_no_setting_or_no_file_is_refused(hub, tmp_path):
    for words in (
        ("--set", "x"),
        ("--set", "a b=1"),
        ("--set", "foo=bar"),
        ("--config", str(tmp_path / "none")),
    ):
        assert hub.run("installer", "web-01", *words)[0] == Exit.USAGE
    assert hub.asked == []


def test_the_env_file_of_the_home_stack_says_by_which_name_the_hub_is_reached(hub, tmp_path):
    hub.answers[f"POST {PATH}"] = MADE
    hub.answers[f"GET {PATH}"] = {"urls": ["https://10.0.0.1:7445"], "environments": []}
    env = tmp_path / ".env"
    env.write_text('keydir="/k/$1"\ncacert="/k/ca.cer"\nMASYSMA_INFLUXDB=monitor.home:5086\n')
    code, _, err = hub.run("installer", "web-01", "--env", str(env))

    assert (code, hub.asked[-1][2]["url"]) == (Exit.OK, "https://monitor.home:7445")
    assert "keydir /k/web-01 is not read: no private key" in err
    hub.run("installer", "web-01", "--env", str(env), "--url", "https://other:1")
    assert hub.asked[-1][2]["url"] == "https://other:1"


def test_what_differs_from_a_machine_that_runs_is_shown_and_nothing_made(hub, tmp_path):
    hub.answers["GET /api/v1/nodes"] = [{"id": "n-1", "name": "web-01"}]
    hub.answers["POST /api/v1/nodes/n-1/settings/compare"] = [
        {
            "key": "log_level",
            "here": "info",
            "there": "debug",
            "here_default": True,
            "there_default": False,
        }
    ]
    words = ("--set", "log_level=debug", "--proxy", "none", "--diff", "web-01")
    code, out, _ = hub.run("installer", "web-02", *words)

    assert code == Exit.OK
    assert out.splitlines() == [
        "SETTING    web-01          installer web-02",
        "log_level  (default) info  debug",
    ]
    assert hub.asked[-1][2] == {"config": 'log_level = "debug"\n', "proxy": "none"}
    assert all(asked[:2] != ("POST", PATH) for asked in hub.asked)
