"""Profiles in the formats that other tools read. Each is a pure function to text."""

from __future__ import annotations

from collections.abc import Callable

from hotloop.profilers.exports.collapsed import collapsed
from hotloop.profilers.exports.flamegraph import flame_graph
from hotloop.profilers.exports.speedscope import speedscope
from hotloop.profilers.profile import Profile

EXPORTS: dict[str, tuple[Callable[[Profile, str], str], str]] = {
    "speedscope": (speedscope, ".speedscope.json"),
    "collapsed": (lambda profile, _name: collapsed(profile), ".collapsed.txt"),
    "svg": (flame_graph, ".svg"),
}
"""By name: from a profile and a title to text, and the ending of its file."""


def export(profile: Profile, kind: str, title: str) -> str:
    """`profile` in the format `kind`; KeyError for another word."""
    return EXPORTS[kind][0](profile, title)
