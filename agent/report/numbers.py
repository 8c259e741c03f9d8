"""Numbers as people read them. A ratio keeps three decimals: gains of 2 % are at stake."""

from __future__ import annotations

import math

from hotloop.profilers.verdict import Interval


def ratio(value: float) -> str:
    return f"{value:.3f}×" if math.isfinite(value) else "unknown"


def span(interval: Interval) -> str:
    return bracketed(interval.ratio, interval.low, interval.high)


def bracketed(middle: float, low: float, high: float) -> str:
    return f"{ratio(middle)} [{low:.3f}, {high:.3f}]"


def percent(share: float) -> str:
    return f"{share * 100:.1f} %"


def nanoseconds(value: float) -> str:
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.0f} ns"


def size(count: float) -> str:
    for unit, one in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= one:
            return f"{count / one:.1f} {unit}"
    return f"{count:.0f} B"


def seconds(value: float) -> str:
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def dollars(value: float) -> str:
    return f"${value:.4f}" if 0 < value < 1 else f"${value:.2f}"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
