"""The catalog: every rewrite, by name."""

from __future__ import annotations

from hotloop.agent.coder.catalog.base import Rewrite
from hotloop.agent.coder.catalog.comprehensions import (
    COMPREHENSION,
    COMPREHENSION_OTHER,
    CONSTRUCTOR,
    JOIN,
    LAZY,
    MAP,
    NEEDLESS,
)
from hotloop.agent.coder.catalog.hoists import IMPORT, INVARIANT, LOOKUP, PATTERN
from hotloop.agent.coder.catalog.lookups import DISPLAY, ENUMERATE, EXTREME, ITEMS, SETDEFAULT, SQUARE
from hotloop.agent.coder.catalog.membership import (
    KEYS_MEMBERSHIP,
    SET_FOR_CONSTANT,
    SET_FOR_LITERAL,
    SET_FOR_LOCAL,
)
from hotloop.agent.coder.catalog.memo import MEMO
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
