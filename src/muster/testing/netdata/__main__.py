"""`python -m muster.testing.netdata`: see program.py."""

import sys

from muster.testing.netdata.program import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdin.read()))
