"""A model whose replies were written beforehand: for demonstrations, dry runs and tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from hotloop.agent.models.base import CallKey, Message, Reply, ToolSpec, Usage
from hotloop.agent.models.errors import CallFailed
from hotloop.agent.models.text_calls import with_calls
from hotloop.agent.models.tokens import prompt_bound
from hotloop.errors import UsageError


class ScriptedModel:
    """Answers a call by its key if there is a reply for it, else with the next reply in order.

    `asked` keeps every request. Tools are called as in the text protocol. Usage is
    estimated from lengths. Raises CallFailed, not to be tried again, when the script has ended.
    """

    def __init__(
        self, replies: Sequence[str] = (), by_key: Mapping[str, str] | None = None, *, name: str = "scripted"
    ) -> None:
        self.name = name
        self.asked: list[tuple[str, list[Message]]] = []
        self._replies = iter(tuple(replies))
        self._by_key = dict(by_key or {})
        self._lock = threading.Lock()

    @classmethod
    def load(cls, path: Path, *, name: str = "scripted") -> Self:
        """Replies from a folder or a JSON file.

        Folder: one text file a reply, in the order of their names; a file whose
        stem is a call key ("001-coder-00-01") answers that call. JSON: a list of
        replies, or an object from call keys to replies. Raises UsageError.
        """
        if path.is_dir():
            texts = {file.stem: _read(file) for file in sorted(path.iterdir()) if file.is_file()}
            ordered = [text for stem, text in texts.items() if not _is_key(stem)]
            return cls(ordered, {stem: text for stem, text in texts.items() if _is_key(stem)}, name=name)
        script = _parse(path)
        if isinstance(script, dict):
            return cls((), script, name=name)
        return cls(script, name=name)

    def complete(
        self,
        messages: list[Message],
        *,
        key: CallKey,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        tools: Sequence[ToolSpec] = (),
    ) -> Reply:
        with self._lock:
            self.asked.append((str(key), list(messages)))
            text = self._by_key[str(key)] if str(key) in self._by_key else next(self._replies, None)
        if text is None:
            raise CallFailed(f"the script has no reply for {key}", fate="unsent", retry=False)
        usage = Usage(
            prompt_tokens=prompt_bound(messages, schema, tools) // 4,
            completion_tokens=min(max_tokens, len(text) // 4 + 1),
            estimated=True,
        )
        reply = Reply(text=text, finish="stop", usage=usage, model=self.name)
        return with_calls(reply) if tools else reply


def _is_key(stem: str) -> bool:
    parts = stem.split("-")
    return len(parts) == 4 and all(part.isdigit() for part in (parts[0], parts[2], parts[3]))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The script {path} cannot be read", "Give UTF-8 text files, or one JSON file"
        ) from error


def _parse(path: Path) -> dict[str, str] | list[str]:
    fix = "Give a JSON list of replies, or an object from call keys to replies"
    try:
        script = json.loads(_read(path))
    except ValueError as error:
        raise UsageError(f"The script {path} is not JSON", fix) from error
    values = script.values() if isinstance(script, dict) else script if isinstance(script, list) else [None]
    if not all(isinstance(value, str) for value in values):
        raise UsageError(f"The script {path} holds something else than replies", fix)
    return script  # type: ignore[no-any-return]  # json.loads is Any; its shape was checked above
