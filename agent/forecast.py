"""What a run would do: where code would run, what a model would be sent, the cost at most."""

from __future__ import annotations

import os

from hotloop.agent.folder import RunFolder
from hotloop.agent.models.prices import PriceList
from hotloop.agent.people import DEFAULT_MODEL, coder_kind
from hotloop.agent.settings import Settings
from hotloop.agent.workshop import check_command, project_of, read_workload
from hotloop.errors import UsageError
from hotloop.repos.layout import import_roots
from hotloop.repos.source import Source
from hotloop.repos.suites import discover_tests
from hotloop.repos.tree import export
from hotloop.sandboxes.owners import temporary_folder
from hotloop.sandboxes.registry import choose

CALLS = 2
"""Requests that one answer may take: the reply, and one that mends it."""


def forecast(source: Source, settings: Settings, repo: str) -> str:
    """The plan in lines. Raises what a run would raise before it ran any target code."""
    with temporary_folder("dry") as place:
        tree = export(source, place / "tree").tree
        project = project_of(source, settings)
        if settings.command is not None:
            workload = f"$ {check_command(settings)}"
        else:
            workload = str(read_workload(settings, source, tree, project)[1])
        tests = settings.tests or discover_tests(tree / project)
        if tests is None:
            raise UsageError(f"No tests were found in {source.name}", "Name the test command with --tests")
        roots = settings.import_roots or import_roots(tree / project)
        kind = coder_kind(settings)
        log: list[str] = []
        tools = RunFolder(place / "run").tools
        backend = choose(settings.sandbox, model_written=kind == "model", tools=tools, log=log.append)
    lines = [
        f"repository   {repo} at {source.base[:12]}",
        f"sandbox      {backend.name}" + (f" ({log[0].partition('(')[2]}" if log else ""),
        *(f"environment  {command}   (with network)" for command in settings.env),
        *([f"rebuild      {settings.rebuild}"] if settings.rebuild else []),
        f"workload     {workload}",
        f"imports from {', '.join(str(project / root) for root in roots)}",
        f"tests        {tests}   (twice at base, once a candidate, once at the end)",
        f"rounds       {settings.rounds} of up to {settings.candidates} candidates, "
        f"{settings.measure_seconds:g} s of measuring each at most",
        *spending(kind, settings),
    ]
    return "\n".join(lines)


def spending(kind: str, settings: Settings) -> list[str]:
    """Who is asked, what goes there, and the most it may cost."""
    if kind == "catalog":
        return ["coder        catalog (nothing is sent anywhere)", "cost         $0.00"]
    name = settings.model or DEFAULT_MODEL
    judge = settings.judge_model or name
    requests = settings.rounds * (settings.candidates * max(CALLS, settings.turns) + CALLS)
    if settings.max_turns is not None:
        requests = min(requests, settings.max_turns)
    url = os.environ.get("OPENAI_BASE_URL") or "the default endpoint"
    return [
        f"coder        {name} at {url}; judge {judge}",
        "sent         the workload, hot functions with their source, patches tried, test failures"
        + (", and what the model reads and runs with its tools" if settings.turns > 1 else ""),
        f"requests     {requests} at most, {settings.max_completion_tokens} tokens a reply at most",
        f"cost         {most(name, judge, requests, settings)}",
    ]


def most(name: str, judge: str, requests: int, settings: Settings) -> str:
    """The dearer model for every request, at the longest reply; prompts come on top."""
    prices = [PriceList(settings.prices).find(model) for model in (name, judge)]
    known = [price for price in prices if price is not None]
    limit = (
        f"${settings.max_cost:.2f} at most (--max-cost)" if settings.max_cost is not None else "no --max-cost"
    )
    if len(known) < len(prices):
        return f"price of {name if prices[0] is None else judge} unknown; {limit}"
    replies = max(price.usd(0, settings.max_completion_tokens) for price in known) * requests
    prompts = max(price.usd(1_000_000, 0) for price in known)
    return f"${replies:.2f} at most for replies, ${prompts:.2f} for a million prompt tokens; {limit}"
