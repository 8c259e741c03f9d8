"""Every setting as the command line knows it: how its text is read, and its flag if it has one.

One table serves the flags, the environment variables and the help texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, get_args

import click

from hotloop.agent.settings import Settings
from hotloop.cli.types import DURATION, JSON, NUMBER

PREFIX = "HOTLOOP_"


def _choices(name: str) -> click.Choice[str]:
    """The words that a setting of literals accepts."""
    annotation = Settings.model_fields[name].annotation
    words = [word for part in (annotation, *get_args(annotation)) for word in get_args(part)]
    return click.Choice(list(dict.fromkeys(word for word in words if isinstance(word, str))))


@dataclass(frozen=True)
class Option:
    """One setting. help: of its flag; "" when it has none. repeated: may be given several times."""

    name: str
    type: click.ParamType[Any]
    help: str = ""
    metavar: str | None = None
    repeated: bool = False

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        return PREFIX + self.name.upper()


OPTIONS = (
    Option("workload", click.STRING, "Python file that is timed: workload(state) and setup(seed).", "FILE"),
    Option("command", click.STRING, "Shell command that is timed, in place of a file.", "CMD"),
    Option("tests", click.STRING, "Command that runs the tests; found when not given.", "CMD"),
    Option("env", click.STRING, "Command that installs what the target needs. Repeatable.", "CMD", True),
    Option(
        "env_files",
        click.STRING,
        "File or folder that --env can read; else all. Repeatable.",
        "PATH",
        True,
    ),
    Option("python", click.STRING, "The target's interpreter: a path or a version.", "P"),
    Option("rebuild", click.STRING, "Command that rebuilds compiled parts in each tree.", "CMD"),
    Option("subdir", click.STRING, "The project's folder inside the repository.", "DIR"),
    Option("coder", _choices("coder"), "Who proposes changes; a model if a key is set, else the catalog."),
    Option("model", click.STRING, "The coder's model.", "NAME"),
    Option("judge_model", click.STRING, "The judge's model; the coder's when not given.", "NAME"),
    Option("sandbox", _choices("sandbox"), "Where target code runs."),
    Option("profiler", _choices("profiler"), "What watches the workload."),
    Option("rounds", click.INT, "Most rounds.", "N"),
    Option("candidates", click.INT, "Candidates a round.", "K"),
    Option("turns", click.INT, "Most requests for one candidate; with tools from 2 on.", "N"),
    Option("max_cost", NUMBER, "Most dollars to spend on models.", "USD"),
    Option("max_turns", click.INT, "Most requests to models.", "N"),
    Option("max_time", DURATION, "Most time for the search: 90s, 10m, 2h.", "DURATION"),
    Option("min_speedup", NUMBER, "Ratio that the whole confidence interval must exceed.", "R"),
    Option("engine", _choices("engine"), "How base and candidate are paired in time."),
    Option("seed", click.INT, "Where all random choices start.", "N"),
    Option("image", click.STRING),
    Option("dockerfile", click.STRING),
    Option("import_roots", click.STRING, repeated=True),
    Option("allow", click.STRING, repeated=True),
    Option("protect", click.STRING, repeated=True),
    Option("tolerance", NUMBER),
    Option("test_timeout", DURATION),
    Option("call_timeout", DURATION),
    Option("max_regression", NUMBER),
    Option("max_cpu_regression", NUMBER),
    Option("allow_unknown_price", click.BOOL),
    Option("prices", JSON),
    Option("confidence", NUMBER, "Of every reported interval.", "C"),
    Option("measure_seconds", DURATION),
    Option("equivalence_seconds", DURATION),
    Option("max_completion_tokens", click.INT),
)
BY_NAME = {option.name: option for option in OPTIONS}


def setting_flags(names: Iterable[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that adds these settings' flags, in this order; unset ones arrive as None or ()."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(list(names)):
            function = _flag(BY_NAME[name])(function)
        return function

    return decorate


def _flag(option: Option) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    default = Settings.model_fields[option.name].get_default(call_default_factory=True)
    shown = "" if default in (None, (), {}) else f"  [default: {default}]"
    return click.option(
        option.flag,
        option.name,
        type=option.type,
        metavar=option.metavar,
        multiple=option.repeated,
        help=option.help + shown,
    )
