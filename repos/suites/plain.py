"""Suites of other kinds: commands that write JUnit XML, or that only succeed or fail."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hotloop.repos.suites.base import private_folder, run_command, tail_of
from hotloop.repos.suites.records import LARGEST, LONGEST_MESSAGE, sandbox_is_broken
from hotloop.repos.suites.report import TestOutcome, TestReport, gravest
from hotloop.sandboxes.base import Completed, Sandbox
from hotloop.sandboxes.errors import SandboxError

PLACEHOLDER = "{junit}"
_LONGEST_ID = 1000
_BY_TAG = {"failure": TestOutcome.FAILED, "error": TestOutcome.ERROR, "skipped": TestOutcome.SKIPPED}


@dataclass(frozen=True)
class _Plain:
    """Run by `sh -c`; the environment's `python` is the first on PATH."""

    command: str

    def run(
        self,
        sandbox: Sandbox,
        *,
        import_roots: Sequence[PurePosixPath],
        timeout: float,
        cwd: PurePosixPath | None = None,
        hash_seed: int = 0,
        select: Collection[str] | None = None,
    ) -> TestReport:
        folder = private_folder(sandbox)
        junit = folder / "junit.xml"
        sandbox.write(folder / "keep", b"")  # makes the folder
        done = run_command(
            sandbox,
            ["sh", "-c", self.command.replace(PLACEHOLDER, shlex.quote(str(junit)))],
            import_roots=import_roots,
            timeout=timeout,
            cwd=cwd,
            hash_seed=hash_seed,
            env={},
        )
        return self.read(sandbox, junit, done)

    def read(self, sandbox: Sandbox, junit: PurePosixPath, done: Completed) -> TestReport:
        raise NotImplementedError


@dataclass(frozen=True)
class ExitCodeSuite(_Plain):
    """One test, named as the command, that passes when the exit code is 0."""

    def read(self, sandbox: Sandbox, junit: PurePosixPath, done: Completed) -> TestReport:
        outcome = TestOutcome.PASSED if done.ok else TestOutcome.FAILED
        tail = tail_of(done)
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
    """A command that writes JUnit XML where `{junit}` stands in it."""

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
            tail=tail_of(done),
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
