"""What every tool is: a name, arguments with a schema, and a function that answers in text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from hotloop.agent.models.base import ToolSpec
from hotloop.agent.prompts.quoting import one_line

if TYPE_CHECKING:
    from hotloop.agent.tools.workspace import Workspace

LARGEST_ARGUMENTS = 1 << 20
_SHOWN_PROBLEMS = 5


class Misuse(Exception):
    """A call that cannot be done. The text tells the model how to do it right."""


class Arguments(BaseModel):
    """A tool's arguments; unknown ones are refused, since they are mostly known ones misspelt."""

    model_config = ConfigDict(frozen=True, extra="forbid")


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True)
class Tool(Generic[A]):
    """One tool. use: answers in text, bounded; raises Misuse, and what breaks the run.

    only_reads: it changes nothing and runs nothing, so that several may run at the same time.
    """

    name: str
    description: str
    arguments: type[A]
    use: Callable[[Workspace, A], str]
    example: Mapping[str, Any]
    only_reads: bool = False

    def spec(self) -> ToolSpec:
        return ToolSpec(
            name=self.name,
            description=self.description,
            parameters=_plain(self.arguments.model_json_schema()),
        )

    def answer(self, place: Workspace, text: str) -> str:
        """What a call with these arguments answers. Raises Misuse."""
        return self.use(place, self.read(text))

    def read(self, text: str) -> A:
        """The arguments that a model wrote. Raises Misuse."""
        told = self._object(text)
        try:
            return self.arguments.model_validate(told)
        except ValidationError as error:
            raise Misuse(f"{self._problems(error)} {self._right()}") from None

    def _object(self, text: str) -> dict[str, Any]:
        if len(text) > LARGEST_ARGUMENTS:
            raise Misuse(f"The arguments have {len(text)} characters: send less at a time.")
        try:
            # Models write line breaks into texts as they are, which JSON itself does not allow.
            told = json.loads(text or "{}", strict=False)
        except (ValueError, RecursionError) as error:
            reason = one_line(str(error), 120)
            raise Misuse(f"The arguments are not JSON ({reason}). {self._right()}") from None
        if not isinstance(told, dict):
            raise Misuse(f"The arguments are no JSON object. {self._right()}")
        return told

    def _problems(self, error: ValidationError) -> str:
        found = []
        for one in error.errors(include_url=False, include_input=False)[:_SHOWN_PROBLEMS]:
            name = one_line(".".join(map(str, one["loc"])), 60)
            known = one["type"] != "extra_forbidden"
            found.append(f"{name}: {one['msg']}." if known else f"There is no argument {name}.")
        return one_line(" ".join(found), 600)

    def _right(self) -> str:
        names = ", ".join(
            name if field.is_required() else f"{name} (may be left out)"
            for name, field in self.arguments.model_fields.items()
        )
        return f"{self.name} takes: {names or 'nothing'}. For example: {json.dumps(dict(self.example))}"


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the titles that pydantic makes of names: they cost tokens and say nothing."""
    properties = {
        name: {key: value for key, value in one.items() if key != "title"}
        for name, one in schema.get("properties", {}).items()
    }
    rest = {key: value for key, value in schema.items() if key not in {"title", "description"}}
    return {**rest, "properties": properties}
