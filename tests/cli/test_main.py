import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from muster.cli import main as cli
from muster.cli.exits import Exit
from muster.errors import InputError


def every_parser(parser, path=("muster",)):
    yield path, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from every_parser(child, (*path, name))


def test_every_command_module_declares_itself():
    known = set(every_name(cli.build_parser()))

    assert known == set(cli.COMMANDS)


def every_name(parser):
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices


def test_only_the_module_of_the_command_is_loaded():
    parser = cli.build_parser(cli._command_in(["--data", "node", "restore", "x"]))

    assert set(every_name(parser)) == {"backup", "restore"}


def test_every_argument_says_what_it_is():
    dumb = [
        (*path, action.option_strings or action.dest)
        for path, parser in every_parser(cli.build_parser())
        for action in parser._actions
        if not isinstance(action, argparse._SubParsersAction) and not action.help
    ]

    assert dumb == []


def test_every_command_says_what_it_does():
    for path, parser in every_parser(cli.build_parser()):
        first = (parser.description or "").partition("\n")[0]

        assert first.endswith((".", "?")), path


def test_a_wrong_argument_exits_with_the_usage_code(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["token", "create", "--uses", "0"])

    assert caught.value.code == Exit.USAGE
    assert "not a whole number of 1 or more: '0'" in capsys.readouterr().err


def test_no_command_prints_the_help(capsys):
    assert cli.main([]) == Exit.USAGE
    assert "examples:" in capsys.readouterr().out


def test_a_folder_of_another_user_is_one_line_and_no_traceback(capsys, monkeypatch, tmp_path):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("muster.cli.hub_client.is_answered", refuse)

    assert cli.main(["--data", str(tmp_path), "node", "list"]) == Exit.DENIED
    assert "hub.sock: permission denied; do this as the user" in capsys.readouterr().err


def test_the_agents_commands_have_a_code_of_their_own_for_it(monkeypatch, tmp_path):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("muster.cli.sockets.is_answered", refuse)

    assert cli.main(["--data", str(tmp_path), "agent", "status"]) == 27


def test_a_refusal_that_names_no_file_is_a_fault_of_muster(monkeypatch, tmp_path):
    def refuse(path):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("muster.cli.hub_client.is_answered", refuse)

    with pytest.raises(PermissionError):
        cli.main(["--data", str(tmp_path), "node", "list"])


@pytest.mark.parametrize("words", [("restore", "x"), ("doctor",), ("agent", "status")])
def test_what_works_here_is_not_done_for_a_hub_elsewhere(capsys, words):
    assert cli.main(["--hub", "https://hub:7443", *words]) == Exit.USAGE
    assert "works on this machine: leave --hub out" in capsys.readouterr().err


def test_exit_codes_can_be_listed(capsys):
    assert cli.main(["--exits"]) == Exit.OK
    assert "130" in capsys.readouterr().out


def test_a_missing_hub_is_one_line_and_its_code(tmp_path, capsys):
    code = cli.main(["--data", str(tmp_path), "node", "list"])

    assert code == Exit.UNAVAILABLE
    assert str(tmp_path) in capsys.readouterr().err


def test_data_may_stand_before_or_after_the_command(tmp_path):
    for words in (["--data", "a", "up"], ["up", "--data", "a"]):
        assert str(cli.build_parser().parse_args(words).data) == "a"


def test_a_hubs_command_on_a_bare_install_says_what_to_install(monkeypatch, capsys):
    def missing(options):
        raise ModuleNotFoundError("No module named 'argon2'", name="argon2")

    monkeypatch.setattr("muster.cli.up._up", missing)

    assert cli.main(["up"]) == Exit.NOT_INSTALLED
    assert "musterd[hub]" in capsys.readouterr().err


def test_the_packages_of_the_hub_are_those_of_the_extra():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    extra = {
        re.split(r"[<>=; ]", entry)[0]
        for entry in project["project"]["optional-dependencies"]["hub"]
    }
    module_of = {
        "argon2-cffi": "argon2",
        "chdb-core": "chdb",
        "google-re2": "re2",
        "pyjwt": "jwt",
    }

    assert {module_of.get(name, name) for name in extra} == set(cli.HUB_PACKAGES)


def test_an_error_is_one_line_without_control_characters(monkeypatch, capsys):
    def refuse(options):
        raise InputError("the node says: \x1b]0;mine\x07\nmuster: all is well")

    monkeypatch.setattr("muster.cli.node._list", refuse)

    cli.main(["node", "list"])

    said = "muster: the node says: ?]0;mine??muster: all is well\n"
    assert capsys.readouterr().err == said


def test_while_a_process_reads_its_modules_garbage_is_looked_for_seldom():
    told = "import gc, atexit; atexit.register(lambda: print(gc.get_threshold()[0])); import sys"
    run = "sys.argv = ['muster', '--exits']; from muster.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", f"{told}; {run}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert int(done.stdout.splitlines()[-1]) >= 10_000
