"""Makes `killing` and `openai_server` importable: tests are not a package."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (str(HERE), str(HERE.parent / "agent")):
    if folder not in sys.path:
        sys.path.append(folder)
