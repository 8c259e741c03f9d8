"""A process that makes calls through the journal and prints their replies. Made to be killed.

Usage: spender.py URL JOURNAL CALLS
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hotloop.agent.budget import Budget, BudgetLimits
from hotloop.agent.models.base import CallKey, Message
from hotloop.agent.models.client import OpenAIModel
from hotloop.agent.models.errors import CallLost
from hotloop.agent.models.journal import Journal
from hotloop.agent.models.journaled import JournaledModel
from hotloop.agent.models.prices import Price


def main(url: str, folder: Path, calls: int) -> None:
    journal = Journal(folder)
    budget = Budget(BudgetLimits(), spent=journal.spent())
    client = OpenAIModel("test-model", base_url=url, api_key="sk-test")
    model = JournaledModel(client, journal, budget, price=Price(1.0, 1.0))
    replies: dict[str, str | None] = {}
    for number in range(calls):
        key = CallKey(number, "coder", 0, 1)
        message = Message(role="user", content=f"call {number}")
        try:
            replies[str(key)] = model.complete([message], key=key, max_tokens=50).text
        except CallLost:
            replies[str(key)] = None
    sys.stdout.write(json.dumps(replies))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
