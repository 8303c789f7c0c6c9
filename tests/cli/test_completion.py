"""`muster completion`."""

import pytest

from muster.cli import main as cli


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_a_script_knows_commands_and_options(shell, capsys):
    assert cli.main(["completion", shell]) == 0

    script = capsys.readouterr().out
    for word in ("doctor", "unclaim", "ca-file"):
        assert word in script


def test_a_shell_that_is_not_known_names_those_that_are(capsys):
    with pytest.raises(SystemExit) as caught:
        cli.main(["completion", "fish"])

    assert caught.value.code == 2
    assert "bash" in capsys.readouterr().err
