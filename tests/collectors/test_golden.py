"""Every collector on recorded machines of several kernels and distributions.

MUSTER_REWRITE_GOLDEN=1 writes what comes out as the expected output; the diff is reviewed.
"""

import os
from pathlib import Path

import pytest

from muster.collectors import COLLECTORS
from muster.model.metric import kind_of, pattern_of
from muster.testing.samples import collect_recorded, format_points

GOLDEN = Path(__file__).parents[1] / "golden" / "collectors"
MACHINES = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
CASES = [
    pytest.param(machine, collector, id=f"{machine.name}-{collector.name}")
    for machine in MACHINES
    for collector in COLLECTORS
    if (machine / "expected" / f"{collector.name}.json").is_file()
    or os.environ.get("MUSTER_REWRITE_GOLDEN")
]


@pytest.mark.parametrize(("machine", "collector"), CASES)
def test_a_recorded_machine_gives_the_expected_points(machine, collector):
    found = format_points(collect_recorded(machine, collector))
    file = machine / "expected" / f"{collector.name}.json"
    if os.environ.get("MUSTER_REWRITE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(found)

    assert file.read_bytes() == found


@pytest.mark.parametrize("machine", MACHINES, ids=lambda path: path.name)
def test_every_collector_has_its_expected_output_on_every_machine(machine):
    named = {path.stem for path in (machine / "expected").iterdir()}

    assert named == {collector.name for collector in COLLECTORS}


@pytest.mark.parametrize(("machine", "collector"), CASES)
def test_a_recorded_machine_gives_only_declared_fields_of_declared_kinds(machine, collector):
    declared = {measurement.name: measurement for measurement in collector.measurements}
    for point in collect_recorded(machine, collector):
        measurement = declared[point.measurement]
        kinds = {field.name: field.kind for field in measurement.fields}

        assert set(measurement.tags) <= set(point.tags)
        assert set(point.tags) <= {*measurement.tags, *measurement.some_tags}
        assert all(point.tags.values())
        for name, value in point.fields.items():
            kind = kind_of(value)
            if isinstance(value, int | float):
                pattern_of(value, kind)  # it fits
            assert kinds.get(name, kind if measurement.open_fields else None) is kind, name
