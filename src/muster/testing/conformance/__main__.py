"""`python -m muster.testing.conformance influx PATH [--url URL]`."""

import sys

from muster.testing.conformance.program import run

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], sys.stdout.write))
