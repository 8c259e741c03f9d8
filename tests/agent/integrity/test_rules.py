from __future__ import annotations

import pytest
from rule_cases import CASES, Case

from hotloop.agent.integrity import Finding, look
from hotloop.agent.integrity.finding import STRONG
from hotloop.agent.integrity.rules.tables import CALLS, MODULES

BASE = "def base(x):\n    return x\n"


def added(text: str) -> tuple[Finding, ...]:
    """Findings on a patch that puts `text` below what was there."""
    return look({"a.py": BASE}, {"a.py": f"{BASE}\n{text}\n"})


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_found_in_what_a_patch_adds(case: Case) -> None:
    found = [one for one in added(case.added) if one.kind == case.kind]

    assert found, f"only {[one.kind for one in added(case.added)]}"
    assert any(one.certain for one in found) is case.certain
    assert all(one.text and one.why and one.line > 2 for one in found)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_not_found_in_an_honest_twin(case: Case) -> None:
    found = added(case.honest)

    assert case.kind not in {one.kind for one in found}
    assert not [one.words for one in found if one.certain]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_is_no_finding_where_base_had_it(case: Case) -> None:
    before = f"{BASE}\n{case.added}\n"

    assert look({"a.py": before}, {"a.py": f"import string\n{before}\nX = string\n"}) == ()


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.certain])
def test_more_of_what_base_does_in_kind_is_never_certain(case: Case) -> None:
    before = f"{BASE}\n{case.added}\n"

    found = look({"a.py": before}, {"a.py": f"{before}\n{case.added}\n"})

    assert found
    assert not [one for one in found if one.certain]


def test_each_kind_of_the_tables_has_a_case() -> None:

    assert {mark.kind for mark in (*CALLS, *MODULES)} <= {case.kind for case in CASES.values()}


def test_every_kind_that_turns_a_leader_down_is_one_that_the_rules_find() -> None:
    assert {case.kind for case in CASES.values()} >= STRONG
