"""What happens in a run, as it happens: one line of JSON an event, append-only."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Listener = Callable[[dict[str, Any]], None]


class EventLog:
    """Writes events.jsonl and tells a listener. Safe from several threads."""

    def __init__(self, path: Path, listener: Listener | None = None) -> None:
        self._path = path
        self._listener = listener
        self._lock = threading.Lock()

    def emit(self, event: str, **fields: Any) -> None:
        entry = {"time": round(time.time(), 3), "event": event, **fields}
        with self._lock:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            if self._listener is not None:
                self._listener(entry)

    def log(self, message: str) -> None:
        self.emit("log", message=message)
