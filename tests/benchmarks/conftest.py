"""Makes the benchmarks importable: they are scripts that stand beside each other."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = str(Path(__file__).resolve().parents[2] / "benchmarks")
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)  # before the folder of the project, where rooms have the same names
