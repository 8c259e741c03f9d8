"""A chat model behind any endpoint that speaks the OpenAI protocol."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from hotloop.agent.models.base import CallKey, Message, Reply, ToolSpec
from hotloop.agent.models.dialect import Dialect
from hotloop.agent.models.errors import CallFailed, CallRefused, Fate
from hotloop.agent.models.reply import NotAReply, error_text, parse_json, parse_reply
from hotloop.agent.models.text_calls import with_calls
from hotloop.agent.models.tokens import prompt_bound
from hotloop.errors import UsageError

if TYPE_CHECKING:
    from hotloop.agent.models.wire import Answer, NoAnswer

DEFAULT_URL = "https://api.openai.com/v1"

_MAY_HAVE_BEEN_PAID = {408, 504, 524}
_WITHOUT_TOOLS = {404, 500, 501}
"""Beside 400 and 422, what servers and relays answer to tools that a model does not have."""
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}


class OpenAIModel:
    """`complete` sends exactly one request; `JournaledModel` decides whether to send another.

    seconds: the most that one request may take; with `seconds_left`, less when
    the run has less. limit: most bytes of an answer. now: seconds since the epoch.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str,
        api_key: str,
        temperature: float | None = None,
        seconds: float = 600.0,
        limit: int = 1 << 23,
        seconds_left: Callable[[], float | None] = lambda: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        # The package takes most of a second to load, and only a run with a model needs it.
        from hotloop.agent.models.wire import Wire  # noqa: PLC0415

        self.name = name
        self.base_url = checked_url(base_url)
        self._wire = Wire(self.base_url, checked_key(api_key), seconds=seconds, limit=limit)
        self._temperature = temperature
        self._seconds = seconds
        self._seconds_left = seconds_left
        self._now = now
        self._dialect = Dialect()
        self._lock = threading.Lock()
        self._reached = False

    @classmethod
    def from_environment(cls, name: str, environ: Mapping[str, str] | None = None, **options: Any) -> Self:
        """With OPENAI_BASE_URL and OPENAI_API_KEY. Raises UsageError for a missing key."""
        environ = os.environ if environ is None else environ
        key = environ.get("OPENAI_API_KEY", "").strip()
        if not key:
            raise UsageError(
                "OPENAI_API_KEY is not set",
                "Set it (to anything, for an endpoint without keys), or use --coder catalog",
            )
        url = environ.get("OPENAI_BASE_URL", "").strip() or DEFAULT_URL
        return cls(name, base_url=url, api_key=key, **options)

    def check(self) -> None:
        """Raise UsageError if the endpoint cannot be reached, or refuses the key or the model. Free."""
        from hotloop.agent.models.wire import NoAnswer  # noqa: PLC0415  # as above

        try:
            listed = self._wire.models()
            self._reached = True
            if listed.status in {401, 403}:
                raise self._key_refused(listed)
            # A service that lists nothing says nothing about the model.
            names = _names(listed)
            if names and self.name not in names and self._wire.model(self.name).status == 404:
                raise self._no_such_model(names)
        except NoAnswer as silence:
            raise self._unreachable(silence) from silence

    def complete(
        self,
        messages: list[Message],
        *,
        key: CallKey,
        max_tokens: int,
        schema: dict[str, Any] | None = None,
        tools: Sequence[ToolSpec] = (),
    ) -> Reply:
        """One reply to one request. Raises CallFailed and CallRefused (see their docstrings)."""
        from hotloop.agent.models.wire import NoAnswer  # noqa: PLC0415  # as above

        dialect = self._dialect
        body = dialect.body(
            self.name, messages, max_tokens, schema, temperature=self._temperature, tools=tools
        )
        try:
            answer = self._wire.chat(body, self._timeout())
        except NoAnswer as silence:
            if not silence.sent and not self._reached:
                raise self._unreachable(silence) from silence
            raise CallFailed(f"{self.base_url}: {silence}", fate=_fate(silence), retry=True) from silence
        self._reached = True
        if answer.status != 200:
            raise self._refusal(answer, dialect, body)
        try:
            bound = prompt_bound(messages, schema, tools)
            reply = parse_reply(answer.data, model=self.name, prompt_bound=bound, max_tokens=max_tokens)
        except NotAReply as error:
            raise CallFailed(f"{self.base_url}: {error}", fate="lost", retry=True) from error
        return self._called(reply, dialect) if tools else reply

    def _called(self, reply: Reply, used: Dialect) -> Reply:
        """With calls that stand in its text; a model that makes them there is told of tools there, too."""
        found = with_calls(reply)
        if used.tools and found.calls and not reply.calls:
            with self._lock:
                self._dialect = replace(self._dialect, tools=False)
        return found

    def close(self) -> None:
        self._wire.close()

    def _timeout(self) -> float:
        left = self._seconds_left()
        return self._seconds if left is None else max(1.0, min(self._seconds, left))

    def _refusal(self, answer: Answer, dialect: Dialect, body: dict[str, Any]) -> CallFailed | CallRefused:
        said, names = error_text(answer.data)
        if answer.status in {401, 403}:
            return self._key_refused(answer)
        if answer.status == 402 or any(code in names for code in _NO_MONEY):
            return CallRefused(
                f"The account behind the key has no credit left ({said})", "Add credit, or use another key"
            )
        if _has_no_tools(answer.status, said, body) and self._adapt(dialect, said, body):
            return CallFailed(f"{self.base_url} has no tools: {said}", fate="refused", retry=True, wait=0.0)
        if answer.status == 404 or "model_not_found" in names:
            return self._no_such_model([], said)
        if answer.status in {400, 422} and self._adapt(dialect, f"{said} {names}", body):
            return CallFailed(
                f"{self.base_url} refused a parameter: {said}", fate="refused", retry=True, wait=0.0
            )
        return CallFailed(
            f"{self.base_url} answered {answer.status}: {said or 'nothing'}",
            fate="lost" if answer.status in _MAY_HAVE_BEEN_PAID else "refused",
            retry=answer.status in {408, 409, 429} or answer.status >= 500,
            wait=retry_after(answer.headers, self._now()),
        )

    def _adapt(self, used: Dialect, complaint: str, body: dict[str, Any]) -> bool:
        """Whether the next request will be worded differently. Another thread may have learnt it first."""
        with self._lock:
            if self._dialect != used:
                return True
            other = used.without(complaint, body)
            if other is None or other == used:
                return False
            self._dialect = other
            return True

    def _key_refused(self, answer: Answer) -> CallRefused:
        said, _ = error_text(answer.data)
        return CallRefused(
            f"{self.base_url} refused the key ({answer.status}: {said or 'no reason given'})",
            "Check OPENAI_API_KEY and OPENAI_BASE_URL",
        )

    def _no_such_model(self, names: list[str], said: str = "") -> CallRefused:
        known = f"; it has {', '.join(sorted(names)[:8])}" if names else ""
        reason = f" ({said})" if said else ""
        return CallRefused(
            f"{self.base_url} has no model {self.name}{reason}{known}", "Check --model and OPENAI_BASE_URL"
        )

    def _unreachable(self, silence: NoAnswer) -> CallRefused:
        return CallRefused(
            f"{self.base_url} cannot be reached: {silence}",
            "Check OPENAI_BASE_URL and the network",
            fate=_fate(silence),
        )


def _has_no_tools(status: int, said: str, body: dict[str, Any]) -> bool:
    return status in _WITHOUT_TOOLS and "tools" in body and "tool" in said.lower()


def _fate(silence: NoAnswer) -> Fate:
    return "lost" if silence.sent else "unsent"


def checked_url(url: str) -> str:
    """Raises UsageError unless `url` is http or https with a host."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise UsageError(
            f"OPENAI_BASE_URL is not an http address: {url!r}", "Give one such as " + DEFAULT_URL
        )
    return url.rstrip("/")


def checked_key(key: str) -> str:
    """Raises UsageError, without the key in it, for one that no HTTP header can carry."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError("OPENAI_API_KEY holds characters that no key has", "Check how it was copied")
    return key


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the service asks to wait (RFC 9110, 10.2.3, and OpenAI's header in milliseconds)."""
    named = {name.lower(): value.strip() for name, value in headers.items()}
    asked = _number(named.get("retry-after-ms"))
    if asked is not None:
        return asked / 1000
    value = named.get("retry-after")
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, aware.timestamp() - now)


def _number(text: str | None) -> float | None:
    return float(text) if text and text.replace(".", "", 1).isdecimal() and len(text) < 20 else None


def _names(answer: Answer) -> list[str]:
    """Names of the models that an endpoint lists; none when it lists none."""
    if answer.status != 200:
        return []
    try:
        body = parse_json(answer.data)
    except NotAReply:
        return []
    listed = body.get("data") if isinstance(body, dict) else None
    found = [item.get("id") for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    return [name[:200] for name in found if isinstance(name, str) and name.isprintable()]
