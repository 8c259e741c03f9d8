"""Suites of other kinds: commands that write JUnit XML, or that only succeed or fail."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hotloop.repos.suites.base import Trace, private_folder, run_command, tail_of
from hotloop.repos.suites.records import LARGEST, LONGEST_MESSAGE
from hotloop.repos.suites.report import TestOutcome, TestReport, gravest
from hotloop.sandboxes.base import Completed, Limits, Sandbox
from hotloop.sandboxes.errors import SandboxError

PLACEHOLDER = "{junit}"
JUNIT_OPTION = re.compile(r"(?<!\S)(--junit-?xml[= ])\s*[^\s;&|<>()'\"`$]+")
_LONGEST_ID = 1000
_BY_TAG = {"failure": TestOutcome.FAILED, "error": TestOutcome.ERROR, "skipped": TestOutcome.SKIPPED}


@dataclass(frozen=True)
class _Plain:
    """Run by `sh -c`; the environment's `python` is the first on PATH."""

    command: str

    evidence = ""
    knows_tests = False

    def run(
        self,
        sandbox: Sandbox,
        *,
        import_roots: Sequence[PurePosixPath],
        timeout: float,
        cwd: PurePosixPath | None = None,
        hash_seed: int = 0,
        select: Collection[str] | None = None,
        stop: bool = False,
        trace: Trace = None,
    ) -> TestReport:
        folder = private_folder(sandbox)
        junit = folder / "junit.xml"
        sandbox.write(folder / "keep", b"")  # makes the folder
        done = run_command(
            sandbox,
            ["sh", "-c", self.line(shlex.quote(str(junit)))],
            import_roots=import_roots,
            limits=Limits(seconds=timeout, file_mb=4096),
            cwd=cwd,
            hash_seed=hash_seed,
            env={},
        )
        return self.read(sandbox, junit, done)

    def line(self, junit: str) -> str:
        """What the shell gets; `junit` is a word for the place of a result file."""
        return self.command

    def read(self, sandbox: Sandbox, junit: PurePosixPath, done: Completed) -> TestReport:
        raise NotImplementedError


@dataclass(frozen=True)
class ExitCodeSuite(_Plain):
    """One test, named as the command, that passes when the exit code is 0."""

    evidence = "the command's exit code alone: weaker, for code under test can end the command with 0"

    def read(self, sandbox: Sandbox, junit: PurePosixPath, done: Completed) -> TestReport:
        outcome = TestOutcome.PASSED if done.ok else TestOutcome.FAILED
        tail = tail_of(done.stdout + done.stderr)
        return TestReport(
            outcomes={self.command: outcome},
            failures={}
            if done.ok
            else {self.command: tail[-LONGEST_MESSAGE:] or f"exit code {done.exit_code}"},
            seconds=done.seconds,
            exit_code=done.exit_code,
            timed_out=done.timed_out,
            tail=tail,
        )


@dataclass(frozen=True)
class JUnitSuite(_Plain):
    """A command that writes JUnit XML where `{junit}` stands in it, or where `--junitxml` says."""

    evidence = "JUnit XML that the tests' own process wrote: weaker, for code under test can write it too"

    def line(self, junit: str) -> str:
        """The result lands in a place of this run's own, so that no file of the tree is taken for it."""
        if PLACEHOLDER in self.command:
            return self.command.replace(PLACEHOLDER, junit)
        return JUNIT_OPTION.sub(lambda match: match[1] + junit, self.command)

    def read(self, sandbox: Sandbox, junit: PurePosixPath, done: Completed) -> TestReport:
        cases = _read_cases(sandbox, junit)
        outcomes: dict[str, TestOutcome] = {}
        failures: dict[str, str] = {}
        for name, outcome, message in cases or ():
            outcomes[name] = gravest([outcome, outcomes.get(name, TestOutcome.PASSED)])
            if outcome.is_bad:
                failures.setdefault(name, message)
        return TestReport(
            outcomes=outcomes,
            failures=failures,
            seconds=done.seconds,
            exit_code=done.exit_code,
            timed_out=done.timed_out,
            complete=cases is not None,
            tail=tail_of(done.stdout + done.stderr),
        )


def _read_cases(sandbox: Sandbox, junit: PurePosixPath) -> list[tuple[str, TestOutcome, str]] | None:
    """None when there is no file that can be read: entities, a document type or broken XML."""
    try:
        root = fromstring(sandbox.read(junit, limit=LARGEST), forbid_dtd=True)
    except (FileNotFoundError, ParseError, DefusedXmlException, ValueError):
        return None
    except SandboxError:
        if sandbox_is_broken(sandbox):
            raise
        return None
    return list(_cases(root))


def _cases(root: Element) -> Iterator[tuple[str, TestOutcome, str]]:
    for case in root.iter("testcase"):
        parts = [part for part in (case.get("classname"), case.get("name")) if part]
        found = [(child, _BY_TAG[child.tag]) for child in case if child.tag in _BY_TAG]
        outcome = gravest([TestOutcome.PASSED, *(outcome for _, outcome in found)])
        yield "::".join(parts)[:_LONGEST_ID], outcome, _message(found)


def _message(found: Sequence[tuple[Element, TestOutcome]]) -> str:
    texts = [child.get("message") or child.text or "" for child, outcome in found if outcome.is_bad]
    return "\n".join(texts).strip()[:LONGEST_MESSAGE] or "failed without a message"


def sandbox_is_broken(sandbox: Sandbox) -> bool:
    """Whether it fails to do the simplest thing; else what failed was the file, which is the tests' doing."""
    return not sandbox.run([sandbox.environment.python, "-I", "-c", ""]).ok
