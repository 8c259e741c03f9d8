"""A flame graph as one self-contained SVG: no script, no font, no link.

Each box is a function, as wide as its share of the cost, above the one that called it.
Hovering over a box shows its name, place and share. Library code is grey.
After Brendan Gregg, "The Flame Graph", CACM 59(6), 2016.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from hotloop.profilers.profile import Frame, Profile

WIDTH = 1200.0
ROW = 18
MARGIN = 10
HEAD = 46
FOOT = 10
NARROWEST = 0.4
"""Boxes of fewer pixels are left out: they could not be seen."""

GLYPH = 6.6
"""Width of a character of 11 pixels in common monospace fonts."""

DEEPEST = 300


@dataclass
class Node:
    """A function below one certain chain of callers."""

    frame: Frame | None = None
    weight: float = 0.0
    below: dict[tuple[str, str], Node] = field(default_factory=dict)


@dataclass(frozen=True)
class Box:
    node: Node
    left: float
    width: float
    depth: int


def flame_graph(profile: Profile, title: str) -> str:
    """The whole picture. Widths are shares of `profile.total`, boxes in the order of their names."""
    root = tree_of(profile)
    boxes = list(layout(root, MARGIN, WIDTH - 2 * MARGIN, 0))
    deepest = max((box.depth for box in boxes), default=0)
    height = HEAD + (deepest + 1) * ROW + FOOT
    total = profile.total or 1.0
    drawn = "\n".join(_draw(box, height, total, profile.unit) for box in boxes)
    caption = f"{title} — {_amount(total, profile.unit)}, {profile.profiler}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height}" '
        f'width="{WIDTH:.0f}" height="{height}" role="img" aria-label="{_text(caption)}" '
        'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="11">\n'
        "<style>rect{stroke:#fff;stroke-width:.6}text{fill:#1c1c1c;pointer-events:none}"
        "g:hover rect{stroke:#000}</style>\n"
        f'<rect width="100%" height="100%" fill="#fff"/>\n'
        f'<text x="{MARGIN}" y="24" font-size="14">{_text(caption)}</text>\n'
        f"{drawn}\n</svg>\n"
    )


def tree_of(profile: Profile) -> Node:
    """All stacks merged from the outermost function on."""
    root = Node()
    for stack in profile.stacks:
        root.weight += stack.weight
        node = root
        for frame in stack.frames[:DEEPEST]:
            node = node.below.setdefault((frame.function, frame.file), Node(frame))
            node.weight += stack.weight
    return root


def layout(node: Node, left: float, width: float, depth: int) -> Iterator[Box]:
    """Boxes of everything below `node`, which is `width` wide."""
    for key in sorted(node.below):
        child = node.below[key]
        wide = width * child.weight / node.weight if node.weight else 0.0
        if wide >= NARROWEST:
            yield Box(child, left, wide, depth)
            yield from layout(child, left, wide, depth + 1)
        left += wide


def _draw(box: Box, height: int, total: float, unit: str) -> str:
    frame = box.node.frame
    assert frame is not None  # only the root has none, and it is not drawn
    top = height - FOOT - (box.depth + 1) * ROW
    share = f"{box.node.weight / total:.1%}, {_amount(box.node.weight, unit)}"
    place = f"{frame.file}:{frame.line}" if frame.line else frame.file
    label = _fitting(frame.function, box.width)
    said = f'<text x="{box.left + 3:.1f}" y="{top + 13}">{_text(label)}</text>' if label else ""
    return (
        f"<g><title>{_text(f'{frame.function} ({place}): {share}')}</title>"
        f'<rect x="{box.left:.1f}" y="{top}" width="{box.width:.1f}" height="{ROW}" rx="1" '
        f'fill="{_colour(frame)}"/>{said}</g>'
    )


def _fitting(name: str, width: float) -> str:
    most = int((width - 6) / GLYPH)
    if len(name) <= most:
        return name
    return f"{name[: most - 1]}…" if most >= 3 else ""


def _colour(frame: Frame) -> str:
    """The same function has the same colour in every graph."""
    mark = zlib.crc32(f"{frame.file}:{frame.function}".encode("utf-8", "replace"))
    if not frame.in_tree:
        return f"hsl(0 0% {80 + mark % 8}%)"
    return f"hsl({20 + mark % 30} {75 + mark // 31 % 20}% {62 + mark // 701 % 12}%)"


def _amount(weight: float, unit: str) -> str:
    return f"{weight:.3g} s" if unit == "seconds" else f"{weight:,.0f} {unit}"


def _text(text: str) -> str:
    """Names come from target code: they are characters, never markup, and XML allows no controls."""
    return escape("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))
