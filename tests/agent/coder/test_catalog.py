"""Each rewrite: what it makes, what it leaves alone, and that behaviour stays."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from catalog_cases import FITS, LEAVES, Fits, Leaves
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotloop.agent.coder.catalog.base import Rewrite, Site
from hotloop.agent.coder.catalog.catalog import CATALOG
from hotloop.agent.coder.catalog.code import Code

BY_NAME = {rewrite.name: rewrite for rewrite in CATALOG}


def sites(rewrite: Rewrite, source: str) -> list[Site]:
    code = Code(source)
    return rewrite.sites(code, code.functions)


def label(case: Fits | Leaves) -> str:
    return f"{case.rewrite}-{FITS.index(case)}" if isinstance(case, Fits) else f"{case.rewrite}: {case.why}"


@pytest.mark.parametrize("case", FITS, ids=label)
def test_a_rewrite_makes_exactly_this_source(case: Fits) -> None:
    found = sites(BY_NAME[case.rewrite], case.before)
    assert found
    assert found[0].render() == case.after


@pytest.mark.parametrize("case", LEAVES, ids=label)
def test_a_rewrite_leaves_alone_what_it_might_break(case: Leaves) -> None:
    compile(case.source, "<case>", "exec")
    assert [site.render() for site in sites(BY_NAME[case.rewrite], case.source)] == []


@pytest.mark.parametrize("case", FITS, ids=label)
def test_a_rewritten_site_is_not_found_again(case: Fits) -> None:
    rewrite = BY_NAME[case.rewrite]
    done, *others = sites(rewrite, case.before)
    after = {site.identity for site in sites(rewrite, case.after)}
    assert done.identity not in after
    assert after <= {site.identity for site in others}


def outcome(source: str, arguments: tuple[Any, ...]) -> tuple[str, str, str]:
    """What `f` gives or raises, and what it leaves of its arguments."""
    scope: dict[str, Any] = {}
    exec(compile(source, "<case>", "exec"), scope)
    given_to_f = copy.deepcopy(arguments)
    try:
        answer = scope["f"](*given_to_f)
    except Exception as error:  # noqa: BLE001  (whatever it raises is what is compared)
        return "raised", type(error).__name__, repr(given_to_f)
    if isinstance(answer, set):
        return "set", repr(sorted(answer)), repr(given_to_f)
    return type(answer).__name__, repr(answer), repr(given_to_f)


# From Python 3.13 on, re.split warns of a positional maxsplit; a compiled pattern's does not.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("case", FITS, ids=label)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(data=st.data())
def test_old_and_new_do_the_same(case: Fits, data: st.DataObject) -> None:
    arguments = data.draw(case.arguments)
    assert outcome(case.before, arguments) == outcome(case.after, arguments)


def test_every_rewrite_is_shown_where_it_fits_and_where_not() -> None:
    assert {case.rewrite for case in FITS} == set(BY_NAME)
    assert {case.rewrite for case in LEAVES} == set(BY_NAME)


def test_names_are_unique_and_every_rewrite_says_when_it_is_wrong() -> None:
    assert len(BY_NAME) == len(CATALOG) >= 14
    assert all(len(rewrite.when_wrong) > 20 and rewrite.gain > 1 for rewrite in CATALOG)
