from __future__ import annotations

import pytest

from hotloop.agent.models.base import Message, Usage
from hotloop.agent.models.prices import Price, PriceList
from hotloop.agent.models.tokens import prompt_bound
from hotloop.errors import UsageError


def test_a_listed_model_has_its_price() -> None:
    assert PriceList().find("gpt-4o-mini") == Price(0.15, 0.6)


@pytest.mark.parametrize(
    ("dated", "model"),
    [("gpt-4o-2024-08-06", "gpt-4o"), ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"), ("o3-2025-04-16", "o3")],
)
def test_a_dated_release_costs_what_its_model_costs(dated: str, model: str) -> None:
    assert PriceList().find(dated) == PriceList().find(model) is not None


def test_a_dated_release_with_a_price_of_its_own_keeps_it() -> None:
    assert PriceList().find("gpt-4o-2024-05-13") == Price(5.0, 15.0)


@pytest.mark.parametrize(
    "name",
    [
        "gpt-4o-audio-preview",
        "gpt-4o-latest",
        "gpt-4",
        "openai/gpt-4o",
        "gpt-5-pro",
        "gpt-5-2025",
        "",
        "llama",
    ],
)
def test_a_price_is_never_guessed(name: str) -> None:
    assert PriceList().find(name) is None


def test_the_users_prices_come_first() -> None:
    prices = PriceList({"gpt-4o": (1.0, 2.0), "llama": (0.0, 0.0)})
    assert prices.find("gpt-4o") == Price(1.0, 2.0)
    assert prices.find("llama") == Price(0.0, 0.0)
    assert prices.find("llama-2025-01-01") == Price(0.0, 0.0)


@pytest.mark.parametrize("pair", [(-1.0, 2.0), (1.0, float("nan")), (float("inf"), 1.0)])
def test_an_impossible_price_is_refused(pair: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="llama"):
        PriceList({"llama": pair})


def test_a_cost_limit_needs_a_known_price_unless_told_otherwise() -> None:
    prices = PriceList()
    with pytest.raises(UsageError, match="price of llama is unknown"):
        prices.require("llama", max_cost=1.0, allow_unknown=False)
    assert prices.require("llama", max_cost=1.0, allow_unknown=True) is None
    assert prices.require("llama", max_cost=None, allow_unknown=False) is None
    assert prices.require("o3", max_cost=1.0, allow_unknown=False) == Price(2.0, 8.0)


def test_dollars_are_for_a_million_tokens() -> None:
    assert Price(2.0, 8.0).of(Usage(prompt_tokens=500_000, completion_tokens=250_000)) == 3.0


@pytest.mark.parametrize("text", ["", "plain", "été", "日本語", "🦜" * 50, "\ud800"])
def test_a_prompt_has_at_least_a_token_of_room_for_each_byte(text: str) -> None:
    assert prompt_bound([Message(role="user", content=text)]) > len(text.encode("utf-8", "replace"))


def test_a_schema_is_part_of_the_prompt() -> None:
    messages = [Message(role="user", content="x")]
    assert prompt_bound(messages, {"type": "object"}) > prompt_bound(messages)
