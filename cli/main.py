"""Entry point of the `hotloop` command."""

from __future__ import annotations


def main() -> int:
    return 0
