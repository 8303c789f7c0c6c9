import subprocess
import sys
from pathlib import Path

import pytest

# The helpers of scenario tests lie beside them and are imported by name.
sys.path.insert(0, str(Path(__file__).parent))

from canary import Canaries, Sampling, listening, take_processes


@pytest.fixture(scope="session", autouse=True)
def no_secret_gets_out(tmp_path_factory):
    """Fails at the end of all scenarios when a secret of theirs stands where it may not."""
    canaries = Canaries()
    sampling = Sampling(canaries)
    sampling.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "communicate", listening(canaries))
        yield canaries
    sampling.end()
    take_processes(canaries)
    canaries.gather_files(tmp_path_factory.getbasetemp())
    canaries.saw_files(tmp_path_factory.getbasetemp())
    found = canaries.found()
    assert not found, "secrets that got out:\n" + "\n".join(map(str, found))
