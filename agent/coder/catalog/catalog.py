"""The catalog: every rewrite, by name."""

from __future__ import annotations

from hotloop.agent.coder.catalog.base import Rewrite
from hotloop.agent.coder.catalog.calls import DISPLAY, SQUARE
from hotloop.agent.coder.catalog.comprehensions import COMPREHENSION, COMPREHENSION_OTHER
from hotloop.agent.coder.catalog.consumers import CONSTRUCTOR, JOIN, LAZY, MAP, NEEDLESS
from hotloop.agent.coder.catalog.extremes import EXTREME
from hotloop.agent.coder.catalog.hoists import IMPORT, INVARIANT, LOOKUP
from hotloop.agent.coder.catalog.lookups import ENUMERATE, ITEMS, SETDEFAULT
from hotloop.agent.coder.catalog.membership import (
    KEYS_MEMBERSHIP,
    SET_FOR_CONSTANT,
    SET_FOR_LITERAL,
    SET_FOR_LOCAL,
)
from hotloop.agent.coder.catalog.memo import MEMO
from hotloop.agent.coder.catalog.patterns import PATTERN
from hotloop.agent.coder.catalog.sequences import APPEND, CHAIN, DEQUE
from hotloop.agent.coder.catalog.strings import AFFIX, FSTRING, INSTANCE, JOIN_PARTS

CATALOG: tuple[Rewrite, ...] = (
    MEMO,
    SET_FOR_LOCAL,
    SET_FOR_CONSTANT,
    SET_FOR_LITERAL,
    KEYS_MEMBERSHIP,
    DEQUE,
    APPEND,
    CHAIN,
    EXTREME,
    PATTERN,
    INVARIANT,
    LOOKUP,
    IMPORT,
    COMPREHENSION,
    COMPREHENSION_OTHER,
    CONSTRUCTOR,
    MAP,
    JOIN,
    NEEDLESS,
    LAZY,
    ENUMERATE,
    ITEMS,
    SETDEFAULT,
    AFFIX,
    INSTANCE,
    FSTRING,
    JOIN_PARTS,
    DISPLAY,
    SQUARE,
)
