"""The journal of paid requests: nothing is sent before it is written down, nothing is paid twice.

A folder with one JSON file a call. Each file is replaced at once and forced to
disk, folder entry included, so that a crash at any instruction leaves the state
before or the state after.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from hotloop.agent.errors import AgentError
from hotloop.agent.folder import write_text
from hotloop.agent.models.base import CallKey, Message, Reply, ToolSpec
from hotloop.agent.models.errors import Fate
from hotloop.agent.state import Spent

SCHEMA_VERSION = 1
_OTHER_REQUESTS = 8


class Request(BaseModel):
    """What a model is asked, without secrets."""

    model_config = ConfigDict(frozen=True)

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    json_schema: dict[str, Any] | None = None
    tools: tuple[ToolSpec, ...] = ()

    def digest(self) -> str:
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Send(BaseModel):
    """One request on the wire. `fate` is "sent" while nothing came back.

    worst_usd: dollars at most; None: price unknown. detail: why there is no reply.
    """

    model_config = ConfigDict(frozen=True)

    time: str
    worst_usd: float | None
    fate: Fate | Literal["sent", "replied"] = "sent"
    detail: str = ""

    @property
    def unanswered(self) -> bool:
        return self.fate in {"sent", "lost"}


class Entry(BaseModel):
    """One call: what was asked, every time it was sent, and the reply.

    other_requests: digests of different requests that were later answered with
    this reply, because the key says that they are the same call.
    """

    model_config = ConfigDict(frozen=True)

    schema_version: int = SCHEMA_VERSION
    key: str
    state: Literal["sent", "replied", "failed"]
    request_hash: str
    request: Request
    sends: tuple[Send, ...] = ()
    reply: Reply | None = None
    other_requests: tuple[str, ...] = ()

    @property
    def unanswered(self) -> int:
        """Requests that may have been paid for and brought nothing."""
        return sum(send.unanswered for send in self.sends)

    def spent(self) -> Spent:
        """Requests without an answer count at their worst price, those answered with an error nothing."""
        usage = self.reply.usage if self.reply else None
        return Spent(
            usd=sum(send.worst_usd or 0.0 for send in self.sends if send.unanswered)
            + ((self.reply.usd or 0.0) if self.reply else 0.0),
            turns=sum(send.fate != "unsent" for send in self.sends),
            prompt_tokens=usage.prompt_tokens if usage else 0,
            completion_tokens=usage.completion_tokens if usage else 0,
        )


class Journal:
    """The folder. Calls of different keys may be written from different threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, key: CallKey) -> Entry | None:
        """Raises AgentError for a file that cannot be understood."""
        path = self._path(key)
        return _read(path) if path.exists() else None

    def begin(self, key: CallKey, request: Request, worst_usd: float | None) -> Entry:
        """Write down that `request` is about to be sent (once more). Must return before it is."""
        send = Send(time=datetime.now(UTC).isoformat(timespec="seconds"), worst_usd=worst_usd)
        earlier = self.read(key)
        entry = Entry(
            key=str(key),
            state="sent",
            request_hash=request.digest(),
            request=request,
            sends=(*(earlier.sends if earlier else ()), send),
        )
        self._write(key, entry)
        return entry

    def replied(self, key: CallKey, entry: Entry, reply: Reply) -> None:
        """Write the reply down. Must return before it is used."""
        self._end(key, entry, "replied", "replied", reply=reply)

    def failed(self, key: CallKey, entry: Entry, fate: Fate, detail: str) -> None:
        self._end(key, entry, "failed", fate, detail=detail)

    def note_request(self, key: CallKey, entry: Entry, digest: str) -> None:
        """Note that another request got this entry's reply."""
        if digest != entry.request_hash and digest not in entry.other_requests:
            others = (*entry.other_requests, digest)[-_OTHER_REQUESTS:]
            self._write(key, entry.model_copy(update={"other_requests": others}))

    def entries(self) -> list[Entry]:
        """Every call, in the order of the keys."""
        return [_read(path) for path in sorted(self.folder.glob("[!.]*.json"))]

    def spent(self) -> Spent:
        """What the whole run has used, as far as models go."""
        each = [entry.spent() for entry in self.entries()]
        return Spent(
            usd=sum(one.usd for one in each),
            turns=sum(one.turns for one in each),
            prompt_tokens=sum(one.prompt_tokens for one in each),
            completion_tokens=sum(one.completion_tokens for one in each),
        )

    def _end(
        self,
        key: CallKey,
        entry: Entry,
        state: Literal["replied", "failed"],
        fate: Fate | Literal["replied"],
        *,
        detail: str = "",
        reply: Reply | None = None,
    ) -> None:
        last = entry.sends[-1].model_copy(update={"fate": fate, "detail": detail})
        update = {"state": state, "sends": (*entry.sends[:-1], last), "reply": reply}
        self._write(key, entry.model_copy(update=update))

    def _path(self, key: CallKey) -> Path:
        return self.folder / f"{key}.json"

    def _write(self, key: CallKey, entry: Entry) -> None:
        text = json.dumps(entry.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
        try:
            write_text(self._path(key), text)
            _force_entry(self.folder)
        except OSError as error:
            raise AgentError(f"the journal {self.folder} cannot be written: {error.strerror}") from error


def _read(path: Path) -> Entry:
    try:
        entry = Entry.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise AgentError(f"the journal file {path} cannot be read") from error
    if entry.schema_version != SCHEMA_VERSION:
        raise AgentError(f"{path} has version {entry.schema_version}; this is version {SCHEMA_VERSION}")
    return entry


def _force_entry(folder: Path) -> None:
    """A rename is on disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
