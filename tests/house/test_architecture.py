"""The map of the code shows what the code is."""

import re
import tomllib

from checkout import ROOT, SOURCE

MAP = (ROOT / "docs/architecture.md").read_text()


def section(title):
    return MAP.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_floors_are_those_of_the_import_contracts():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = project["tool"]["importlinter"]["contracts"]
    (floors,) = (each["layers"] for each in contracts if each["name"] == "floors")
    shown = re.findall(r"^\| `(.+?)` \|", section("Floors"), re.MULTILINE)

    assert [row.replace("\\", "") for row in shown] == floors


def test_every_folder_and_module_of_the_first_level_stands_on_a_floor():
    named = set(re.findall(r"[a-z]+", " ".join(re.findall(r"`(.+?)`", section("Floors")))))
    there = {path.stem for path in SOURCE.iterdir() if not path.stem.startswith(("_", "py"))}

    assert there <= named


def test_every_place_of_the_hubs_folder_is_shown(tmp_path):
    from muster.hub.places import Places

    places = {path for path in vars(Places(tmp_path)).values() if path != tmp_path}
    shown = set(re.findall(r"`([a-z./-]+)`", section("What lies in the data folders")))

    assert {
        str(path.relative_to(tmp_path))
        for path in places
        if not {str(path.relative_to(tmp_path)), f"{path.relative_to(tmp_path)}/"} & shown
    } == set()
