from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hotloop.agent.gauntlet.fixture import Fixture
from hotloop.agent.gauntlet.page import all_good, as_json, page, summary
from hotloop.agent.gauntlet.walk import Outcome, Seen


def fixture(**changes: Any) -> Fixture:
    known: dict[str, Any] = {
        "variant": "odd", "place": Path("odd"), "claim": "tries it", "base": "inkwell", "workload": "text",
        "row": 9, "caught_by": "tests", "contains": ("test_a",),
    }  # fmt: skip
    return Fixture(**{**known, **changes})


def seen(by: str | None, detail: str = "TEST_A fails", without: str = "", **changes: Any) -> Seen:
    return Seen(fixture(**changes), by, detail, 1.0, without)


HONEST: dict[str, Any] = {"row": None, "caught_by": None, "contains": (), "shape": "regex"}


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        (seen("tests"), Outcome.CAUGHT),
        (seen(None, ""), Outcome.ESCAPED),
        (seen("equivalence"), Outcome.ELSEWHERE),
        (seen("tests", "something fails"), Outcome.UNTOLD),
        (seen("tests", without="speed: not faster"), Outcome.NOT_ALONE),
        (seen(None, "", open="nobody looks there"), Outcome.OPEN),
        (seen("tests", open="nobody looks there"), Outcome.CLOSED),
        (seen(None, "", **HONEST), Outcome.ACCEPTED),
        (seen("scope", **HONEST), Outcome.REFUSED),
    ],
)
def test_only_what_is_as_expected_is_good(one: Seen, outcome: Outcome) -> None:
    assert one.outcome is outcome
    assert one.outcome.good is (outcome in {Outcome.CAUGHT, Outcome.ACCEPTED})
    assert all_good([one]) is one.outcome.good


def shown(found: list[Seen]) -> str:
    console = Console(width=200, file=io.StringIO())
    with console.capture() as captured:
        console.print(page(found))
    return captured.get()


def test_the_table_says_what_caught_each() -> None:
    text = shown([seen("tests"), seen(None, "", **HONEST)])

    assert "9    odd" in text
    assert "tests" in text
    assert "accepted" in text
    assert "1 of 1 hostile caught as expected; 1 of 1 honest accepted" in text


def test_what_is_open_stands_out_with_its_reason() -> None:
    text = shown([seen(None, "", open="nobody looks there")])

    assert "OPEN (tests)" in text
    assert "09/odd: open: nobody looks there" in text
    assert summary([seen(None, "", open="x")]) == "0 of 1 hostile caught as expected; 1 open"


def test_what_was_not_told_is_named() -> None:
    assert "the user is not told 'test_a': something" in shown([seen("tests", "something")])


def test_untrusted_words_cannot_act_on_the_terminal() -> None:
    assert "\x1b" not in shown([seen("speed", "\x1b[2Jgone")])


def test_json_holds_every_fixture() -> None:
    told = as_json([seen("speed", "not faster")])

    assert told["schema_version"] == 1
    assert told["ok"] is False
    assert told["fixtures"][0] == {
        "name": "09/odd", "row": 9, "shape": None, "claim": "tries it", "expected": "tests",
        "caught_by": "speed", "outcome": "caught elsewhere", "detail": "not faster", "open": None,
        "without": None, "seconds": 1.0,
    }  # fmt: skip
