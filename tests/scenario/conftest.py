import sys
from pathlib import Path

# The helpers of scenario tests lie beside them and are imported by name.
sys.path.insert(0, str(Path(__file__).parent))

from canary import no_secret_gets_out  # noqa: F401 - for all scenarios
