import sys
from pathlib import Path

# What tests of the house share lies beside them and is imported by name.
sys.path.insert(0, str(Path(__file__).parent))
