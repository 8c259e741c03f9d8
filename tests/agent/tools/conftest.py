"""Makes `tool_ground` and `openai_server` importable: tests are not a package."""

from __future__ import annotations

import sys
from pathlib import Path

for folder in (Path(__file__).parent, Path(__file__).parent.parent):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
