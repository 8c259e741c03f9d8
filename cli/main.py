"""Entry point of the `hotloop` command, and the one place that makes exit codes of errors."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

import click

import hotloop
from hotloop.cli.failures import FAILED, INTERRUPTED, TERMINATED, understood

COMMANDS = {
    "demo": "Optimize a small library that comes with Hotloop.",
    "optimize": "Make a repository faster, and prove it.",
    "compare": "Measure whether one revision is faster than another.",
    "doctor": "Say what this machine can measure, and what would help.",
    "gauntlet": "Show that cheats are caught and honest patches accepted.",
    "profile": "Show where a workload's time goes.",
    "runs": "List the runs made from here.",
    "show": "Show how a run ended.",
    "resume": "Go on with a run that was stopped or killed.",
    "apply": "Apply a run's patch to the repository.",
    "images": "List, make and remove the environments that runs share.",
    "clean": "Remove what killed runs left behind, and what is old.",
    "report": "Write a run's reports again, and say where they are.",
    "eval": "Import datasets of performance tasks, and report what was scored on them.",
}
"""Each is `command` in the module of its name, loaded when it is used."""


class LazyGroup(click.Group):
    """Loads a command's module when the command is used, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"hotloop.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(hotloop.__version__, prog_name="hotloop")
@click.option("-v", "--verbose", is_flag=True, expose_value=False, help="Show a traceback with every error.")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Make a repository faster, and prove it.

    Exit codes: 0 improved, 3 no verified improvement, 4 stopped by a limit before an
    answer, 2 usage, 1 failure, 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Bugs are raised, so that Python shows them."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = cli.main(args=given, prog_name="hotloop", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return FAILED
    except Exception as error:
        failure = understood(error)
        if failure is None:
            raise
        if _wants_traceback(given):
            traceback.print_exc()
        click.echo(failure.message, err=True)
        return failure.code
    return code if isinstance(code, int) else 0


def _wants_traceback(arguments: Sequence[str]) -> bool:
    leading = arguments[: next((i for i, word in enumerate(arguments) if not word.startswith("-")), None)]
    return bool(os.environ.get("HOTLOOP_DEBUG")) or bool({"-v", "--verbose"} & set(leading))


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM unwinds the stack, so that sandboxes are closed on the way out."""
    raise SystemExit(TERMINATED)


def _drop_stdout() -> None:
    """Whoever read stdout is gone; Python's own flush at exit must not complain of it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
