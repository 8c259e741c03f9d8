"""The ground that fixtures are tried on: base repositories, examined once each.

The bases are small real packages with tests, workloads and several honest things to
improve. Each is committed to a repository of its own in a scratch folder, so that
whatever a candidate does happens where it would in a run.
"""

from __future__ import annotations

import itertools
import threading
import tomllib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from hotloop.agent.baseline import Baseline
from hotloop.agent.events import EventLog, Listener
from hotloop.agent.folder import RunFolder
from hotloop.agent.nodes.baseline import examine, measure_noise, notes, test_base
from hotloop.agent.people import gather_people
from hotloop.agent.settings import Settings
from hotloop.agent.state import Spent
from hotloop.agent.workshop import Workshop, lay_out_tools
from hotloop.profilers.verdict import NoiseFloor
from hotloop.repos.seed import commit_folder
from hotloop.repos.source import Source, open_source
from hotloop.repos.suites import TestReport
from hotloop.sandboxes.base import Backend
from hotloop.sandboxes.overlay import release
from hotloop.sandboxes.registry import choose

BASES = Path(__file__).parent / "bases"

MEASURE_SECONDS = 12.0
"""Most seconds to measure one fixture: honest ones gain a fifth and more, so little is enough."""

EQUIVALENCE_SECONDS = 6.0
"""Most seconds to repeat recorded calls of one fixture, and to try generated inputs: calls are short here."""

Key = tuple[str, str]


@dataclass
class Ground:
    """Workshops by base and workload, made when first asked for. Safe from several threads.

    place: a scratch folder, the caller's to remove. sandbox: "docker", "local" or "auto".
    """

    place: Path
    sandbox: str = "local"
    listener: Listener | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _sources: dict[str, Source] = field(default_factory=dict)
    _shops: dict[Key, Workshop] = field(default_factory=dict)
    _known: dict[Key, Baseline] = field(default_factory=dict)
    _tests: dict[str, tuple[TestReport, ...]] = field(default_factory=dict)
    _noise: NoiseFloor | None = None
    _tried: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @cached_property
    def folder(self) -> RunFolder:
        folder = RunFolder.create(self.place)
        lay_out_tools(folder)
        return folder

    @cached_property
    def events(self) -> EventLog:
        return EventLog(self.folder.events, self.listener)

    @cached_property
    def backend(self) -> Backend:
        return choose(self.sandbox, model_written=False, tools=self.folder.tools, log=self.events.log)

    def shop(self, base: str, workload: str) -> Workshop:
        """The workshop for `workload` of `base`: trees and environment, nothing run yet."""
        with self._lock:
            if (base, workload) not in self._shops:
                self._shops[base, workload] = self._workshop(base, workload)
            return self._shops[base, workload]

    def baseline(self, base: str, workload: str) -> Baseline:
        """What is known of base. One is examined at a time."""
        with self._lock:
            if (base, workload) not in self._known:
                self._known[base, workload] = self._baseline(base, self.shop(base, workload))
            return self._known[base, workload]

    def number(self) -> int:
        """Of the next candidate."""
        with self._lock:
            return next(self._tried)

    def close(self) -> None:
        """End all sandboxes that are left, and unmount all trees."""
        self.backend.reap(self.folder.id)
        release(self.folder.path)

    def _workshop(self, base: str, workload: str) -> Workshop:
        own = RunFolder(self.folder.path / base / workload)
        own.path.mkdir(parents=True)
        own.id = self.folder.id
        settings = settings_of(base, workload)
        people = gather_people("catalog", settings, own, before=Spent())
        source = self._source(base)
        shop = Workshop(
            settings, own, self.events, self.backend, source, people.coder, people.judge, people.budget
        )
        shop.prepare()
        return shop

    def _source(self, base: str) -> Source:
        if base not in self._sources:
            self._sources[base] = open_source(commit_folder(BASES / base, self.folder.path / "bases" / base))
        return self._sources[base]

    def _baseline(self, base: str, shop: Workshop) -> Baseline:
        """Tests once a base, noise once on this machine: it is shown, and no gate reads it."""
        seen = examine(shop)
        if base not in self._tests:
            self._tests[base] = test_base(shop)
        if self._noise is None:
            self._noise = measure_noise(shop, seen)
        return Baseline(
            tests=self._tests[base],
            noise=self._noise,
            varies=seen.varies,
            hash_proof=seen.hash_proof,
            nothing=seen.nothing,
            uncompared=seen.uncompared,
            notes=tuple(notes(seen)),
        )


def settings_of(base: str, workload: str) -> Settings:
    """What a task file for `workload` of `base` would say. Raises KeyError for a workload it has not."""
    options = tomllib.loads((BASES / base / "base.toml").read_text("utf-8"))
    command = options.get("commands", {}).get(workload)
    timed = {"command": command} if command else {"workload": options["workloads"][workload]}
    values: dict[str, Any] = {
        "coder": "catalog",
        "measure_seconds": MEASURE_SECONDS,
        "equivalence_seconds": EQUIVALENCE_SECONDS,
        **timed,
    }
    return Settings(tests=options["tests"], **values)
