"""Malformed inputs that are kept: one file per decoder, a line each, as `what: hex`.

What a long run of muster.testing.fuzz_netdata finds is added here.
"""

from pathlib import Path

import pytest

from muster.errors import MusterError
from muster.testing.fuzz_netdata import targets, verdict

CORPUS = Path(__file__).parent / "corpus"
TARGETS = {target.name: target for target in targets()}


def lines():
    for path in sorted(CORPUS.glob("*.txt")):
        for line in path.read_text().splitlines():
            what, _, data = line.rpartition(": ")
            yield pytest.param(path.stem, bytes.fromhex(data), id=f"{path.stem}: {what}")


KEPT = list(lines())


@pytest.mark.parametrize(("name", "data"), KEPT)
def test_a_malformed_input_is_refused(name, data):
    with pytest.raises(MusterError):
        TARGETS[name].check(data)


@pytest.mark.parametrize(("name", "data"), KEPT)
def test_a_malformed_input_breaks_no_other_decoder(name, data):
    assert [target.name for target in TARGETS.values() if verdict(target, data)] == []
