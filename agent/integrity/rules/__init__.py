"""Every rule, one idea a file. A rule says what a file does; `look` finds what is new of it."""

from __future__ import annotations

from hotloop.agent.integrity.module import Rule
from hotloop.agent.integrity.rules.caches import caches
from hotloop.agent.integrity.rules.collector import collector
from hotloop.agent.integrity.rules.descriptors import descriptors
from hotloop.agent.integrity.rules.disk import disk
from hotloop.agent.integrity.rules.endings import endings
from hotloop.agent.integrity.rules.equality import equality
from hotloop.agent.integrity.rules.git import git
from hotloop.agent.integrity.rules.harness import harness
from hotloop.agent.integrity.rules.held import held
from hotloop.agent.integrity.rules.hidden import hidden
from hotloop.agent.integrity.rules.literals import literals
from hotloop.agent.integrity.rules.paths import paths
from hotloop.agent.integrity.rules.replaced import replaced
from hotloop.agent.integrity.rules.special import special
from hotloop.agent.integrity.rules.swallowed import swallowed
from hotloop.agent.integrity.rules.uses import uses

RULES: tuple[Rule, ...] = (
    uses, replaced, harness, caches, held, disk, collector, swallowed, equality, literals, special, paths,
    descriptors, endings, hidden, git,
)  # fmt: skip
