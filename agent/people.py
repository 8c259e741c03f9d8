"""Who proposes and who judges in a run, and what they may spend."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotloop.agent.budget import Budget, BudgetLimits
from hotloop.agent.coder.base import Coder
from hotloop.agent.folder import RunFolder
from hotloop.agent.judge.base import Judge
from hotloop.agent.settings import Settings
from hotloop.agent.state import Spent

if TYPE_CHECKING:
    from hotloop.agent.models.client import OpenAIModel

DEFAULT_MODEL = "gpt-5-mini"


@dataclass(frozen=True)
class People:
    """The coder and the judge of a run, on one budget."""

    coder: Coder
    judge: Judge
    budget: Budget
    clients: tuple[OpenAIModel, ...] = ()

    def close(self) -> None:
        """End the connections to the models."""
        for client in self.clients:
            client.close()


def coder_kind(settings: Settings) -> str:
    """A model when a key is set, else the catalog, unless the settings say."""
    return settings.coder or ("model" if os.environ.get("OPENAI_API_KEY", "").strip() else "catalog")


def gather_people(
    kind: str, settings: Settings, folder: RunFolder, *, before: Spent, check: bool = True
) -> People:
    """Coder and judge. `before`: seconds used by earlier processes of the run.

    Raises UsageError for a missing key, an unknown price with a cost limit, an
    endpoint that cannot be reached or a model that it does not have; asking is free.
    """
    limits = BudgetLimits(settings.max_cost, settings.max_turns, settings.max_time)
    if kind == "catalog":
        from hotloop.agent.coder.catalog.coder import CatalogCoder  # noqa: PLC0415  # LibCST loads for it alone
        from hotloop.agent.judge.rules import RulesJudge  # noqa: PLC0415

        return People(CatalogCoder(), RulesJudge(), Budget(limits, spent=before))
    return _model_people(settings, folder, limits, before, check)


def _model_people(
    settings: Settings, folder: RunFolder, limits: BudgetLimits, before: Spent, check: bool
) -> People:
    # The client's package takes most of a second to load, and only a run with a model needs it.
    from hotloop.agent.coder.model import ModelCoder  # noqa: PLC0415
    from hotloop.agent.judge.model import ModelJudge  # noqa: PLC0415
    from hotloop.agent.models.client import OpenAIModel  # noqa: PLC0415
    from hotloop.agent.models.journal import Journal  # noqa: PLC0415
    from hotloop.agent.models.journaled import JournaledModel  # noqa: PLC0415
    from hotloop.agent.models.prices import PriceList  # noqa: PLC0415
    from hotloop.agent.models.secrets import Redactor  # noqa: PLC0415

    journal, prices = Journal(folder.journal), PriceList(settings.prices)
    times = {"wall_seconds": before.wall_seconds, "sandbox_seconds": before.sandbox_seconds}
    budget = Budget(limits, spent=journal.spent().model_copy(update=times))
    redactor = Redactor([os.environ.get("OPENAI_API_KEY", "")])

    clients: list[OpenAIModel] = []

    def behind_journal(name: str) -> JournaledModel:
        price = prices.require(name, max_cost=settings.max_cost, allow_unknown=settings.allow_unknown_price)
        client = OpenAIModel.from_environment(name, seconds_left=budget.seconds_left)
        clients.append(client)
        if check:
            client.check()
        return JournaledModel(client, journal, budget, price=price, redactor=redactor)

    coder_name = settings.model or DEFAULT_MODEL
    coder = behind_journal(coder_name)
    judge_name = settings.judge_model or coder_name
    judge = coder if judge_name == coder_name else behind_journal(judge_name)
    tokens = settings.max_completion_tokens
    proposer: Coder = ModelCoder(coder, tokens)
    if settings.turns > 1:
        from hotloop.agent.coder.tooled import ToolCoder  # noqa: PLC0415  # with all that its tools load

        proposer = ToolCoder(coder, tokens, settings.turns)
    return People(proposer, ModelJudge(judge, tokens), budget, tuple(clients))
