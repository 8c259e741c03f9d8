"""What a patch adds that a reviewer should look at, read from its syntax tree. Runs nothing."""

from __future__ import annotations

from hotloop.agent.integrity.declared import declarations
from hotloop.agent.integrity.finding import Finding, findings_of
from hotloop.agent.integrity.look import look

__all__ = ["Finding", "declarations", "findings_of", "look"]
