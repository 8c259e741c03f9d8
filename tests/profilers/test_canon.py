from __future__ import annotations

import collections
import copy
import dataclasses
import decimal
import enum
import functools
import importlib.util
import re
import struct
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotloop.profilers.workload import RUNNER


def load_canon() -> ModuleType:
    """As a sandbox loads it: by path, a module of no package, its neighbours found beside it."""
    if str(RUNNER) not in sys.path:
        sys.path.append(str(RUNNER))
    spec = importlib.util.spec_from_file_location("hotloop_canon", RUNNER / "hotloop_canon.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CANON = load_canon()


def canon(value: Any, **options: bool) -> Any:
    made = CANON.Canon(**options)
    made.add(value)
    return made


def digest(value: Any) -> str:
    return str(canon(value).digest())


def backwards(items: list[Any]) -> set[Any]:
    """The set of `items`, the last inserted first."""
    made: set[Any] = set()
    made.update(reversed(items))
    return made


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Number(enum.IntEnum):
    ONE = 1


@dataclasses.dataclass
class Point:
    x: int
    y: float


@dataclasses.dataclass
class Place:
    x: int
    y: float


class Plain:
    def __init__(self, public: Any, private: Any = None) -> None:
        self.public = public
        self._private = private


class Misread(ValueError):
    """Says the same wherever it happened."""

    def __init__(self, line: Any, private: Any = None) -> None:
        super().__init__("misread")
        self.line = line
        self._private = private


class Hidden:
    def __init__(self, inside: Any) -> None:
        self._inside = inside


@dataclasses.dataclass
class Guarded:
    x: int
    _cache: Any = None


class Box:
    """Keeps its items inside."""

    def __init__(self, items: list[Any]) -> None:
        self._items = items

    @property
    def first(self) -> Any:
        return self._items[0]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)


class Said:
    def __init__(self, inside: Any) -> None:
        self._inside = inside

    def __repr__(self) -> str:
        return f"{self._inside} at {hex(id(self))}"


class Lying(list[Any]):
    """Says that it is as long as it should be, equal to all, and full."""

    def __iter__(self) -> Iterator[Any]:
        return iter([1, 2, 3])

    def __len__(self) -> int:
        return 3

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]  # as for any list


class Lazy:
    def __init__(self) -> None:
        self.given = 2

    @functools.cached_property
    def double(self) -> int:
        return self.given * 2


class Text(str):
    def __str__(self) -> str:
        return "the same"


class Slotted:
    __slots__ = ("_cache", "left")

    def __init__(self, left: Any, cache: Any) -> None:
        self.left = left
        self._cache = cache


class Meters(int):
    pass


Pair = collections.namedtuple("Pair", "a b")

DIFFERENT: list[tuple[Any, Any]] = [
    (1, True),
    (1, 1.0),
    (0, False),
    (0, None),
    (1, "1"),
    ("a", b"a"),
    ("", b""),
    (0.0, -0.0),
    (1.0, 1.0000000000000002),
    (1j, 1.0),
    (complex(0.0, 0.0), complex(0.0, -0.0)),
    ((1, 2), [1, 2]),
    ((), []),
    ([], {}),
    (set(), {}),
    (set(), frozenset()),
    ({1}, {True}),
    ({1, 2}, {1, 3}),
    ({"a": 1}, {"a": 1.0}),
    ({1: "a"}, {True: "a"}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ([1, 2], [2, 1]),
    ([[1], [2]], [[1, 2]]),
    ([[1], 2], [[1, 2]]),
    (["ab", "c"], ["a", "bc"]),
    ([0.0], [-0.0]),
    ([1, "x"], [True, "x"]),
    ([1, [0.0]], [1, [-0.0]]),
    (2**5000, 2**5000 + 1),
    (-(2**5000), 2**5000),
    (10**20, -(10**20)),
    (Colour.RED, Colour.BLUE),
    (Number.ONE, 1),
    (Meters(3), Meters(4)),
    (Meters(3), 3),
    (Point(1, 2.0), Point(1, 2.5)),
    (Point(1, 2.0), Place(1, 2.0)),
    (ValueError("a"), ValueError("b")),
    (ValueError("a"), TypeError("a")),
    (Misread(1), Misread(2)),
    (Misread([1, {"a": None}]), Misread([1, {"a": 0}])),
    (Plain(1), Plain(2)),
    (Slotted(1, 0), Slotted(2, 0)),
    (Pair(1, 2), (1, 2)),
    (collections.deque([1]), [1]),
    (collections.OrderedDict(a=1), {"a": 1}),
    (collections.defaultdict(int, a=1), collections.defaultdict(list, a=1)),
    (bytearray(b"a"), b"a"),
    (range(3), range(4)),
    (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
    (int, float),
    (..., None),
]


def name_of(value: Any) -> str:
    """As `repr`, the same in every process: without addresses, whatever the hash seed."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(sorted(value, key=repr) if isinstance(value, set) else value))


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=name_of)
def test_values_that_can_be_told_apart_have_different_digests(one: Any, other: Any) -> None:
    assert digest(one) != digest(other)
    assert digest([one]) != digest([other])
    assert digest({"key": one}) != digest({"key": other})


@pytest.mark.parametrize("value", [value for pair in DIFFERENT for value in pair], ids=name_of)
def test_a_copy_has_the_digest_of_its_original(value: Any) -> None:
    assert digest(copy.deepcopy(value)) == digest(value)


def test_sets_are_equal_whatever_the_order_of_insertion() -> None:
    numbers, mixed = [8, 0, 16], [8, 0, 16, "a", (1, 2), None, 2.5]
    nested = [frozenset(numbers), frozenset("ab"), frozenset()]

    assert list(set(numbers)) != list(backwards(numbers))
    for items in (numbers, mixed, nested):
        assert digest(set(items)) == digest(backwards(items))


def test_nan_equals_a_nan_of_the_same_bits_alone_and_in_containers() -> None:
    nan = float("nan")

    assert digest(nan) == digest(struct.unpack(">d", struct.pack(">d", nan))[0])
    assert digest([nan, 1.0]) == digest([float("nan"), 1.0])
    assert digest(nan) != digest(0.0)


def test_integers_beyond_the_limit_of_printing_are_encoded() -> None:
    huge = 10**20_000

    assert digest(huge) == digest(10**20_000)
    assert len({digest(huge), digest(huge + 1), digest(-huge), digest([huge])}) == 4


def test_sharing_makes_no_difference() -> None:
    row = [1, 2]

    assert digest([row, row]) == digest([[1, 2], [1, 2]])


def test_cycles_end_and_their_shape_counts() -> None:
    one: list[Any] = [1]
    one.append(one)
    same: list[Any] = [1]
    same.append(same)
    deeper: list[Any] = [1]
    deeper.append([1, deeper])

    assert digest(one) == digest(same)
    assert digest(one) != digest(deeper)


def test_an_object_that_holds_itself_ends() -> None:
    one, other = Plain(1), Plain(1)
    one.public, other.public = one, other

    assert digest(one) == digest(other)


def test_what_is_nested_too_deep_is_listed_and_does_not_break() -> None:
    value: list[Any] = []
    for _ in range(CANON.DEPTH_LIMIT + 50):
        value = [value]

    assert any("deeper" in name for name in canon(value).uncompared)


@pytest.mark.parametrize(
    "make",
    [
        lambda items: (item for item in items),
        lambda items: map(int, items),
        lambda items: filter(None, items),
        iter,
        enumerate,
        lambda items: zip(items, items, strict=True),
        lambda items: dict.fromkeys(items).keys(),
    ],
)
def test_iterators_are_drained_and_compared_by_their_items(make: Callable[[list[int]], Any]) -> None:
    assert digest(make([1, 2, 3])) == digest(make([1, 2, 3]))
    assert digest(make([1, 2, 3])) != digest(make([1, 2, 4]))
    assert digest(make([1, 2, 3])) != digest(make([1, 2]))


def test_an_iterator_is_really_run_to_its_end() -> None:
    seen = []

    def items() -> Iterator[int]:
        for number in range(3):
            seen.append(number)
            yield number

    digest(items())

    assert seen == [0, 1, 2]


def test_a_generator_that_raises_differs_from_one_that_ends() -> None:
    def items(error: Exception | None) -> Iterator[int]:
        yield 1
        if error is not None:
            raise error

    assert digest(items(ValueError("x"))) == digest(items(ValueError("x")))
    assert len({digest(items(None)), digest(items(ValueError("x"))), digest(items(ValueError("y")))}) == 3


def test_an_endless_iterator_is_cut_and_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> Iterator[int]:
        while True:
            yield 1

    monkeypatch.setattr(CANON, "ITERATOR_LIMIT", 50)
    made = canon(endless())

    assert made.uncompared == {"items past the first 50 of an iterator"}


def test_private_attributes_are_left_out_and_public_ones_count() -> None:
    assert digest(Plain(1, private=1)) == digest(Plain(1, private=2))
    assert digest(Slotted(1, cache=1)) == digest(Slotted(1, cache=2))
    assert not canon(Plain(1, private=object())).uncompared


def test_what_an_exception_carries_beside_plain_data_makes_no_difference() -> None:
    assert digest(Misread(1, private=1)) == digest(Misread(1, private=2))
    assert digest(Misread(object())) == digest(Misread(Plain(1)))
    assert digest(Misread(KeyError(1))) == digest(Misread(sys.version_info))


def test_private_fields_of_dataclasses_are_left_out_as_those_of_other_objects() -> None:
    assert digest(Guarded(1, "a")) == digest(Guarded(1, "b"))
    assert digest(Guarded(1)) != digest(Guarded(2))


def test_containers_count_by_what_they_hold_and_not_by_what_they_say() -> None:
    assert digest(Lying([1, 2, 3])) != digest(Lying([]))
    assert digest(Text("a")) != digest(Text("b"))


def test_what_a_cached_property_left_makes_no_difference() -> None:
    asked, fresh = Lazy(), Lazy()
    assert asked.double == 4

    assert digest(asked) == digest(fresh)
    assert canon(asked, observe=True).digest() == canon(fresh, observe=True).digest()


def test_what_is_handed_out_by_methods_is_listed_or_asked_for() -> None:
    assert canon(Box([1, 2])).uncompared == {f"{__name__}.Box"}
    made = canon(Box([1, 2]), observe=True)

    assert not made.uncompared
    assert made.digest() == canon(Box([1, 2]), observe=True).digest()
    for other in (Box([1, 3]), Box([1]), Box([])):
        assert made.digest() != canon(other, observe=True).digest()


async def awaited() -> None: ...


async def streamed() -> Any:
    yield 1


CALLABLE: list[Any] = [awaited, Plain(1).__init__, [].append, functools.partial(int), streamed()]


@pytest.mark.parametrize("value", CALLABLE, ids=name_of)
def test_a_result_that_can_be_called_or_awaited_is_listed_and_an_argument_is_not(value: Any) -> None:
    words = ": what it does when called or awaited"
    argument = CANON.Canon(observe=True)
    argument.add([value], "key afterwards")

    assert [text for text in canon([value], observe=True).uncompared if text.endswith(words)]
    assert not [text for text in argument.uncompared if text.endswith(words)]


@pytest.mark.parametrize("value", [len, int, Plain, 1], ids=name_of)
def test_what_is_the_same_wherever_it_is_named_is_not_listed(value: Any) -> None:
    assert not canon([value], observe=True).uncompared


def test_text_is_asked_for_last_and_without_addresses() -> None:
    assert canon(Said(1), observe=True).digest() == canon(Said(1), observe=True).digest()
    assert canon(Said(1), observe=True).digest() != canon(Said(2), observe=True).digest()


def test_a_generator_where_a_list_was_is_a_difference() -> None:
    assert digest(Plain(item for item in [1, 2])) != digest(Plain([1, 2]))
    assert digest(Plain(map(int, [1, 2]))) != digest(Plain(iter([1, 2])))


@pytest.mark.parametrize("value", [object(), Hidden(1)], ids=["object", "private attributes only"])
def test_what_has_no_readable_part_is_listed_and_counts_by_type(value: Any) -> None:
    made = canon([value])

    assert made.uncompared == {f"{type(value).__module__}.{type(value).__qualname__}"}
    assert made.digest() != digest([None])


def test_an_unreadable_part_is_listed_where_the_rest_is_compared() -> None:
    assert canon({"a": 1, "b": [object()]}).uncompared == {"builtins.object"}
    assert digest({"a": 1, "b": [object()]}) != digest({"a": 2, "b": [object()]})


def test_with_a_tolerance_floats_are_set_apart_in_order() -> None:
    made = canon([1.5, ("x", 2.5), 3], set_floats_apart=True)
    other = canon([1.25, ("x", 9.0), 3], set_floats_apart=True)

    assert made.floats == [1.5, 2.5]
    assert made.digest() == other.digest()
    assert made.digest() != canon([1.5, ("y", 2.5), 3], set_floats_apart=True).digest()


@pytest.mark.parametrize("items", [[8.0, 0.0, 16.0], [("b", 8.0), ("a", 1.0), ("c", 0.5)]])
def test_with_a_tolerance_the_floats_of_sets_come_in_one_order(items: list[Any]) -> None:
    one, other = set(items), backwards(items)

    assert canon(one, set_floats_apart=True).floats == canon(other, set_floats_apart=True).floats


def test_leaves_name_the_places_of_values() -> None:
    made = canon({"rows": [1, "two"]}, keep_leaves=True)

    assert ["result['rows'][0]", "1"] in made.leaves
    assert ["result['rows'][1]", "'two'"] in made.leaves


def test_leaves_are_bounded() -> None:
    made = canon([list(range(1000)), "x" * 10_000], keep_leaves=True)

    assert len(made.leaves) == CANON.LEAF_LIMIT
    assert all(len(text) <= CANON.TEXT_LIMIT for path, text in made.leaves)
    assert len(canon("x" * 10_000, keep_leaves=True).leaves[0][1]) == CANON.TEXT_LIMIT


def test_a_value_whose_repr_raises_can_be_compared() -> None:
    class Rude:
        def __init__(self) -> None:
            self.public = 1

        def __repr__(self) -> str:
            raise RuntimeError("no")

    made = canon({Rude: 1, "r": [Rude()]}, keep_leaves=True)

    assert made.digest()


def test_numpy_is_not_loaded_by_looking_for_its_types() -> None:
    before = "numpy" in sys.modules
    digest([object(), Plain(1)])

    assert ("numpy" in sys.modules) == before


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=5)
    | st.binary(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, database=None)
@given(VALUES)
def test_equal_values_have_equal_digests(value: Any) -> None:
    assert digest(copy.deepcopy(value)) == digest(value)
    assert digest([value, value]) == digest([value, copy.deepcopy(value)])


@settings(max_examples=150, deadline=None, database=None)
@given(VALUES, VALUES)
def test_digests_agree_exactly_where_the_text_of_the_values_does(one: Any, other: Any) -> None:
    assert (digest(one) == digest(other)) == (repr(one) == repr(other))


@settings(max_examples=100, deadline=None, database=None)
@given(st.lists(SCALARS | st.tuples(SCALARS, SCALARS), max_size=8))
def test_sets_and_their_insertion_order(items: list[Any]) -> None:
    once = list(dict.fromkeys(items))
    one = set(once)
    other = backwards(once)

    assert digest(one) == digest(other)


@settings(max_examples=100, deadline=None, database=None)
@given(st.integers(), st.lists(SCALARS, max_size=3))
def test_an_integer_differs_from_its_text_wherever_it_lies(number: int, around: list[Any]) -> None:
    assert digest(number) != digest(str(number))
    assert digest([*around, number]) != digest([*around, str(number)])
    assert digest({number: around}) != digest({str(number): around})
