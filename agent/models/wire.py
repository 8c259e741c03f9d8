"""One HTTP request through the `openai` package: no retries, and answers of bounded size and time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import openai

# Told apart by name: `openai` 2 is built on httpx and 3 on httpx2, whose classes are not the same.
_UNSENT = {
    "ConnectError",
    "ConnectTimeout",
    "PoolTimeout",
    "UnsupportedProtocol",
    "LocalProtocolError",
    "ProxyError",
}


@dataclass(frozen=True)
class Answer:
    """What the service answered, whatever the status."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class NoAnswer(Exception):
    """Nothing whole came back. `sent`: the request may have reached the service."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class _Unbounded(openai.OpenAIError):
    """An answer that is too long, in bytes or seconds. The library passes its own errors on as they are."""


class _BoundedClient(openai.DefaultHttpxClient):
    """Reads at most `limit` bytes within `seconds` of the request's start, whatever the status.

    The library itself reads answers whole, and its time limit is for each read.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        super().__init__(follow_redirects=False)
        self.limit = limit
        self.seconds = seconds

    def send(self, request: Any, **options: Any) -> Any:
        deadline = time.monotonic() + self.seconds
        response = super().send(request, **{**options, "stream": True})
        try:
            data = self._read(response, deadline)
        finally:
            response.close()
        headers = {name: value for name, value in response.headers.items() if name not in _BODY_HEADERS}
        return type(response)(response.status_code, headers=headers, content=data, request=request)

    def _read(self, response: Any, deadline: float) -> bytes:
        data = bytearray()
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > self.limit:
                raise _Unbounded(f"the answer is longer than {self.limit} bytes")
            if time.monotonic() > deadline:
                raise _Unbounded(f"the answer was not whole after {self.seconds:.0f} s")
        return bytes(data)


_BODY_HEADERS = {"content-length", "content-encoding", "transfer-encoding"}


class Wire:
    """An endpoint. `seconds`: the most that one request may take. `limit`: the most bytes of an answer."""

    def __init__(self, base_url: str, api_key: str, *, seconds: float, limit: int) -> None:
        self._http = _BoundedClient(limit, seconds)
        self._client = openai.OpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=seconds,
            # A compressed answer could be a thousand times its size on the wire.
            default_headers={"Accept-Encoding": "identity"},
            http_client=self._http,
        )

    def chat(self, body: dict[str, Any], seconds: float) -> Answer:
        """POST /chat/completions. Raises NoAnswer."""
        send = cast(Any, self._client.chat.completions.with_raw_response.create)
        return self._ask(lambda: send(**body, timeout=seconds))

    def models(self) -> Answer:
        """GET /models. Raises NoAnswer."""
        return self._ask(self._client.models.with_raw_response.list)

    def model(self, name: str) -> Answer:
        """GET /models/NAME. Raises NoAnswer."""
        return self._ask(lambda: self._client.models.with_raw_response.retrieve(name))

    def close(self) -> None:
        self._client.close()

    def _ask(self, send: Any) -> Answer:
        try:
            response = send().http_response
        except openai.APIStatusError as error:
            response = error.response
        except openai.APITimeoutError as error:
            raise NoAnswer("no answer in time", sent=_was_sent(error)) from error
        except openai.APIConnectionError as error:
            raise NoAnswer(
                f"the connection failed ({error.__cause__})"[:200], sent=_was_sent(error)
            ) from error
        except _Unbounded as error:
            raise NoAnswer(str(error), sent=True) from error
        return Answer(response.status_code, dict(response.headers), response.content)


def _was_sent(error: openai.APIConnectionError) -> bool:
    return type(error.__cause__).__name__ not in _UNSENT
