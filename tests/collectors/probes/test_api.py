from pathlib import Path

import muster.collectors.probes
from muster.collectors.probes import PROBES


def test_every_kind_of_probe_is_listed_under_its_modules_name():
    folder = Path(muster.collectors.probes.__path__[0])
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")

    assert [probe.name for probe in PROBES] == [name for name in modules if name != "api"]


def test_each_yields_one_measurement_of_its_own_name():
    assert all([each.name for each in probe.measurements] == [probe.name] for probe in PROBES)
