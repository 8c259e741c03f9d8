"""A conversation whose requests stay small however long it goes on.

What comes first stays the same, byte for byte, so that a service finds it in its cache. After
it come the last exchanges as they were. When these have grown past a limit, the older ones
become a line for each call, many at once: until the next time nothing that was sent changes.
So a request has a largest size, and the tokens of all of them together grow linearly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hotloop.agent.models.base import Message
from hotloop.agent.prompts.quoting import quote

HIGH = 32_000
"""Characters of exchanges past which older ones are shortened."""
LOW = 10_000
"""Characters of exchanges that stay as they were then."""
LINES = 48
"""Of shortened calls; the oldest are left out."""


@dataclass(frozen=True)
class Exchange:
    """A reply and what it was answered. lines: what to remember of it, a line for each call."""

    messages: tuple[Message, ...]
    lines: tuple[str, ...]

    @property
    def size(self) -> int:
        """In characters."""
        return sum(
            len(message.content) + sum(len(call.name) + len(call.arguments) for call in message.calls)
            for message in self.messages
        )


class Conversation:
    """opening: what never changes; its last message is the user's, and ends with what was shortened."""

    def __init__(self, opening: Sequence[Message]) -> None:
        self._opening = tuple(opening)
        self._exchanges: list[Exchange] = []
        self._lines: list[str] = []
        self._dropped = 0

    def add(self, exchange: Exchange) -> None:
        self._exchanges.append(exchange)
        if sum(one.size for one in self._exchanges) > HIGH:
            self._shorten()

    def messages(self) -> list[Message]:
        """The next request's."""
        *before, task = self._opening
        if self._lines:
            task = task.model_copy(update={"content": f"{task.content}\n{self._remembered()}"})
        return [*before, task, *(message for one in self._exchanges for message in one.messages)]

    def _shorten(self) -> None:
        """Down to the low mark; the last exchange stays, for the model has not seen its answers yet."""
        size = sum(one.size for one in self._exchanges)
        while size > LOW and len(self._exchanges) > 1:
            oldest = self._exchanges.pop(0)
            size -= oldest.size
            self._lines += oldest.lines
        self._dropped += max(0, len(self._lines) - LINES)
        self._lines = self._lines[-LINES:]

    def _remembered(self) -> str:
        left_out = [f"({self._dropped} earlier calls are left out)"] if self._dropped else []
        lines = "\n".join([*left_out, *self._lines])
        return f"# What you did so far\n\n{quote(lines, 'your calls, with the first line of each answer')}\n"
