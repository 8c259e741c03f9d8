"""Fixtures: what is tried, on which base, and what must come of it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from hotloop.errors import UsageError

FIXTURES = Path(__file__).parent / "fixtures"

REPLY = "reply"
"""Stands where a gate's name does: the reader of replies turned it down, no candidate was made."""


class Fixture(BaseModel):
    """One attempt. It lies in a folder of its own, whose name is its `variant`.

    row: of the gauntlet's list; None for an honest patch. shape: of the gain, for an
    honest one. claim: what it tries, one line. base, workload: what it is tried on.
    caught_by: the gate that must turn it down, `REPLY`, or None when it must pass.
    contains: words that the user must be told. also: other gates that catch it by
    themselves. alone: whether it passes every gate once those are switched off; where
    it does not, the reason. open: why no gate catches it today; "" when one does.
    repeat: a reply is this many copies of its file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    variant: str
    place: Path
    claim: str
    base: str
    workload: str
    row: int | None = None
    shape: str = ""
    caught_by: str | None = None
    contains: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    alone: Literal[True] | str = True
    open: str = ""
    repeat: int = 1

    @property
    def honest(self) -> bool:
        return self.row is None

    @property
    def is_reply(self) -> bool:
        return (self.place / "reply.md").is_file() or (self.place / "answer.json").is_file()

    @property
    def name(self) -> str:
        """Unique, and what `--only` looks into: kind or row, then variant."""
        return f"honest/{self.variant}" if self.honest else f"{self.row:02}/{self.variant}"


def load_fixtures(only: tuple[str, ...] = (), root: Path = FIXTURES) -> tuple[Fixture, ...]:
    """All of them, by row; with `only`, those that have one of these words in name, shape or catcher.

    Raises UsageError for a fixture that cannot be read, and when none is left.
    """
    found = sorted(_read_all(root), key=lambda one: (one.honest, one.row or 0, one.variant))
    kept = tuple(one for one in found if not only or any(_matches(one, word) for word in only))
    if not kept:
        raise UsageError(f"No fixture of the gauntlet matches {', '.join(only)}", "Leave out --only")
    return kept


def _matches(fixture: Fixture, word: str) -> bool:
    """A bare number means a row."""
    if word.isdecimal():
        return fixture.row == int(word)
    return word in fixture.name or word in (fixture.shape, fixture.caught_by, fixture.base)


def _read_all(root: Path) -> Iterator[Fixture]:
    for path in root.glob("*/*/fixture.toml"):
        values = tomllib.loads(path.read_text("utf-8"))
        try:
            fixture = Fixture(variant=path.parent.name, place=path.parent, **values)
        except (ValidationError, TypeError) as error:
            raise UsageError(f"The fixture {path} cannot be read: {error}", "Mend it") from error
        if fixture.honest is not (path.parent.parent.name == "honest"):
            raise UsageError(f"The fixture {path} lies in the wrong folder", "Move it")
        yield fixture
