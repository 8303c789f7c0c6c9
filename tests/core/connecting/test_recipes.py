import re

import pytest

from muster.cli.connect import ENVIRONMENTS
from muster.core.connecting.recipes import RECIPES
from muster.hub.kits.bundle import read_texts

TEXTS = read_texts()


@pytest.mark.parametrize("name", RECIPES)
def test_every_template_of_a_recipe_is_in_the_package(name):
    recipe = RECIPES[name]
    places = [place for _, place in (*recipe.trust, *recipe.commands, *recipe.files)]

    assert [place for place in places if place not in TEXTS] == []


def test_the_command_line_knows_every_environment():
    assert tuple(RECIPES) == ENVIRONMENTS


def test_names_of_files_go_into_no_other_folder():
    names = [name for recipe in RECIPES.values() for name, _ in recipe.files]

    assert all(re.fullmatch(r"[A-Za-z0-9@._-]+", name) for name in names)
