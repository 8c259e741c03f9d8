"""A chat model behind the journal and the budget: the only way in which a run calls one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hotloop.agent.budget import Budget, Reservation
from hotloop.agent.errors import AgentError
from hotloop.agent.models.base import CallKey, ChatModel, Message, Reply, ToolCall, ToolSpec
from hotloop.agent.models.errors import CallFailed, CallLost, CallRefused, Fate
from hotloop.agent.models.journal import Entry, Journal, Request
from hotloop.agent.models.prices import Price
from hotloop.agent.models.secrets import Redactor
from hotloop.agent.models.tokens import prompt_bound
from hotloop.errors import UsageError

UNANSWERED = 2
"""Requests that one call may lose, in all processes of a run together."""


@dataclass(frozen=True)
class Patience:
    """How often and when a request is sent again.

    attempts: requests for one call in one process. first, most: seconds before
    the second request, doubled each time up to `most`. longest: a service that
    asks for more seconds than this is taken to be down.
    """

    attempts: int = 6
    first: float = 1.0
    most: float = 30.0
    longest: float = 120.0

    def wait(self, failures: int) -> float:
        return float(min(self.most, self.first * 2 ** (failures - 1)))


class JournaledModel:
    """Answers from the journal what is in it; sends, pays for and records the rest.

    Recorded replies are returned whatever the budget says and however the
    prompt has changed. Secrets are removed from what is sent and from what
    came back before either is used or written.
    """

    def __init__(
        self,
        model: ChatModel,
        journal: Journal,
        budget: Budget,
        *,
        price: Price | None,
        redactor: Redactor | None = None,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = model.name
        self._model = model
        self._journal = journal
        self._budget = budget
        self._price = price
        self._redactor = redactor or Redactor()
        self._patience = patience or Patience()
        self._sleep = sleep

    def complete(
        self,
        messages: list[Message],
        *,
        key: CallKey,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        tools: Sequence[ToolSpec] = (),
    ) -> Reply:
        """One reply. Raises CallLost when the call was lost twice; see `ChatModel` for the rest."""
        request = self._request(messages, max_tokens, schema, tools)
        recorded = self._journal.read(key)
        if recorded is not None and recorded.reply is not None:
            self._journal.note_request(key, recorded, request.digest())
            return recorded.reply
        for failures in range(1, self._patience.attempts):
            try:
                return self._send(key, request)
            except CallFailed as failure:
                self._wait_or_give_up(failure, failures)
        return self._send(key, request)

    def _request(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        schema: dict[str, Any] | None,
        tools: Sequence[ToolSpec],
    ) -> Request:
        clean = tuple(
            message.model_copy(
                update={"content": self._clean(message.content), "calls": self._clean_calls(message.calls)}
            )
            for message in messages
        )
        return Request(
            model=self.name, messages=clean, max_tokens=max_tokens, json_schema=schema, tools=tuple(tools)
        )

    def _clean(self, text: str) -> str:
        return _encodable(self._redactor.clean(text))

    def _clean_calls(self, calls: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
        return tuple(call.model_copy(update={"arguments": self._clean(call.arguments)}) for call in calls)

    def _send(self, key: CallKey, request: Request) -> Reply:
        """One request on the wire, written down before and after."""
        self._refuse_lost(key)
        worst = self._worst(request)
        reservation = self._budget.reserve(worst)
        try:
            entry = self._journal.begin(key, request, worst)
        except BaseException:
            self._budget.release(reservation)
            raise
        try:
            reply = self._model.complete(
                list(request.messages),
                key=key,
                max_tokens=request.max_tokens,
                schema=request.json_schema,
                tools=request.tools,
            )
        except CallFailed as failure:
            self._failed(key, entry, reservation, failure.fate, str(failure))
            raise
        except UsageError as refusal:
            fate = refusal.fate if isinstance(refusal, CallRefused) else "refused"
            self._failed(key, entry, reservation, fate, str(refusal))
            raise
        except BaseException:
            # What became of the request is unknown: the journal says "sent", so it costs its most.
            self._budget.settle(reservation, worst)
            raise
        return self._record(key, entry, reservation, reply)

    def _record(self, key: CallKey, entry: Entry, reservation: Reservation, reply: Reply) -> Reply:
        usd = self._price.of(reply.usage) if self._price else None
        self._budget.settle(reservation, usd, reply.usage)
        clean = {"text": self._clean(reply.text), "calls": self._clean_calls(reply.calls)}
        kept = reply.model_copy(update={**clean, "usd": usd})
        self._journal.replied(key, entry, kept)
        return kept

    def _failed(self, key: CallKey, entry: Entry, reservation: Reservation, fate: Fate, detail: str) -> None:
        if fate == "unsent":
            self._budget.release(reservation)
        else:
            self._budget.settle(reservation, reservation.usd if fate == "lost" else 0.0)
        self._journal.failed(key, entry, fate, self._clean(detail))

    def _refuse_lost(self, key: CallKey) -> None:
        entry = self._journal.read(key)
        if entry is not None and entry.unanswered >= UNANSWERED:
            raise CallLost(f"{self.name} left {entry.unanswered} requests for one call without an answer")

    def _worst(self, request: Request) -> float | None:
        if self._price is None:
            return None
        return self._price.usd(
            prompt_bound(request.messages, request.json_schema, request.tools), request.max_tokens
        )

    def _wait_or_give_up(self, failure: CallFailed, failures: int) -> None:
        if not failure.retry:
            raise failure
        wait = self._patience.wait(failures) if failure.wait is None else failure.wait
        if wait > self._patience.longest:
            raise AgentError(f"{failure}; it asks to be left alone for {wait:.0f} s") from failure
        left = self._budget.seconds_left()
        self._sleep(wait if left is None else min(wait, left))


def _encodable(text: str) -> str:
    """Without lone surrogates, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")
