"""A data folder for one run."""

import argparse
from pathlib import Path

import pytest

from muster.cli.ephemeral import folder_of_run
from muster.errors import InputError


def test_the_folder_is_there_while_the_hub_runs_and_gone_afterwards(capsys):
    options = argparse.Namespace(ephemeral=True, data=None)
    with folder_of_run(options):
        assert options.data.is_dir()
        assert options.data.stat().st_mode & 0o077 == 0
        (options.data / "ca").mkdir()
        assert "removed when it ends" in capsys.readouterr().err

    assert not options.data.exists()


def test_without_it_nothing_changes(capsys):
    options = argparse.Namespace(ephemeral=False, data=Path("/srv/muster"))
    with folder_of_run(options):
        pass

    assert options.data == Path("/srv/muster")
    assert capsys.readouterr().err == ""


def test_a_folder_that_is_named_is_never_removed(tmp_path):
    options = argparse.Namespace(ephemeral=True, data=tmp_path)

    with pytest.raises(InputError, match="leave out --data"), folder_of_run(options):
        pass
    assert tmp_path.is_dir()
