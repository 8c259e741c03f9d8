"""A real HTTP server that speaks the OpenAI protocol, and misbehaves as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Step:
    """One answer. hang: seconds before it. cut: bytes of the body after which the connection ends."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0
    cut: int | None = None


def completion(text: str | None, *, finish: str = "stop", usage: Any = (100, 10), **message: Any) -> Step:
    """A chat completion; `usage` is (prompt, completion) tokens, None for none, or anything at all."""
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "test-model-1",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": text, **message},
            }
        ],
    }
    if isinstance(usage, tuple):
        usage = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    if usage is not None:
        body["usage"] = usage
    return Step(body=json.dumps(body).encode())


def failure(status: int, message: str = "no", headers: dict[str, str] | None = None, **error: Any) -> Step:
    body = json.dumps({"error": {"message": message, **error}}).encode()
    return Step(status=status, body=body, headers=headers or {})


class OpenAIServer:
    """Answers chats with the steps in order, then with "the end"; or with what `answer` makes of a
    request, for several at the same time.

    chats: the body of every request for a completion, in the order of arrival; headers: theirs,
    with names in lower case.
    """

    def __init__(
        self,
        steps: Iterable[Step] = (),
        *,
        answer: Callable[[dict[str, Any]], Step] | None = None,
        models: Step | None = None,
        known: Iterable[str] = ("test-model",),
    ) -> None:
        self.chats: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()
        self.known = list(known)
        self.models = models or Step(
            body=json.dumps({"data": [{"id": name} for name in self.known]}).encode()
        )
        self._steps = iter(tuple(steps))
        self._answer = answer
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def take(self, body: dict[str, Any], headers: dict[str, str]) -> Step:
        with self._lock:
            self.chats.append(body)
            self.headers.append(headers)
            if self._answer is None:
                return next(self._steps, completion("the end"))
        return self._answer(body)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.removeprefix("/v1/models").strip("/")
            if name and name not in server.known:
                self._send(failure(404, f"no model {name}"))
            else:
                self._send(server.models)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._send(server.take(body, {name.lower(): value for name, value in self.headers.items()}))

        def _send(self, step: Step) -> None:
            if step.hang and server.closing.wait(step.hang):
                self.close_connection = True
                return
            try:
                self._write(step)
            except ConnectionError:
                self.close_connection = True  # the client was killed, which is what some tests are about

        def _write(self, step: Step) -> None:
            self.send_response(step.status)
            for name, value in {"Content-Type": "application/json", **step.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(step.body)))
            self.end_headers()
            self.wfile.write(step.body[: step.cut])
            self.wfile.flush()
            if step.cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: tests read `chats`."""

    return Handler
