"""What a request costs: the price list, and the most that one request can come to."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hotloop.agent.models.base import Usage
from hotloop.errors import UsageError

_LIST = Path(__file__).with_name("prices.json")
_DATED = re.compile(r"(?P<model>.+)-\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Price:
    """Dollars for a million prompt tokens and for a million completion tokens."""

    prompt: float
    completion: float

    def usd(self, prompt_tokens: int, completion_tokens: int) -> float:
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6

    def of(self, usage: Usage) -> float:
        """Cached tokens at the full price: never less than the bill."""
        return self.usd(usage.prompt_tokens, usage.completion_tokens)


class PriceList:
    """Prices by model name; `overrides` come first. Raises UsageError for an impossible price."""

    def __init__(self, overrides: Mapping[str, tuple[float, float]] | None = None) -> None:
        known = json.loads(_LIST.read_text("utf-8"))
        self.as_of: str = known["as_of"]
        self._prices = {model: Price(*pair) for model, pair in known["models"].items()}
        for model, pair in (overrides or {}).items():
            self._prices[model] = _checked(model, pair)

    def find(self, model: str) -> Price | None:
        """The price of `model`, or of the model that it is a dated release of; None if unknown.

        Only a whole date may follow the listed name ("gpt-4o-2024-08-06" is
        "gpt-4o"): any other ending may be a different model at another price.
        """
        if model in self._prices:
            return self._prices[model]
        dated = _DATED.fullmatch(model)
        return self._prices.get(dated["model"]) if dated else None

    def require(self, model: str, *, max_cost: float | None, allow_unknown: bool) -> Price | None:
        """The price of `model`. Raises UsageError if a cost limit would hang on an unknown one."""
        price = self.find(model)
        if price is None and max_cost is not None and not allow_unknown:
            raise UsageError(
                f"The price of {model} is unknown, so --max-cost cannot hold",
                f'Give its price as prices."{model}" = [prompt, completion] in dollars for a million tokens, '
                "or set allow_unknown_price",
            )
        return price


def _checked(model: str, pair: tuple[float, float]) -> Price:
    if not all(math.isfinite(value) and value >= 0 for value in pair):
        raise UsageError(f"The price of {model} is not a number of dollars", "Give two numbers of 0 or more")
    return Price(*pair)
