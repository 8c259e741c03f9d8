from __future__ import annotations

import json
from pathlib import Path

import pytest

from hotloop.agent.models.base import CallKey, Message
from hotloop.agent.models.errors import CallFailed
from hotloop.agent.models.scripted import ScriptedModel
from hotloop.errors import UsageError


def ask(model: ScriptedModel, slot: int = 0) -> str:
    key = CallKey(1, "coder", slot, 1)
    return model.complete([Message(role="user", content="q")], key=key, max_tokens=100).text


def test_replies_come_in_order_and_by_key_where_there_is_one() -> None:
    model = ScriptedModel(["first", "second"], {"001-coder-07-01": "seventh"})
    assert [ask(model), ask(model, 7), ask(model), ask(model, 7)] == ["first", "seventh", "second", "seventh"]
    assert [key for key, _ in model.asked] == ["001-coder-00-01", "001-coder-07-01"] * 2


def test_the_end_of_the_script_is_a_failure_that_is_not_tried_again() -> None:
    with pytest.raises(CallFailed) as caught:
        ask(ScriptedModel())
    assert not caught.value.retry


def test_a_folder_holds_one_reply_a_file(tmp_path: Path) -> None:
    (tmp_path / "1.md").write_text("one")
    (tmp_path / "2.md").write_text("two")
    (tmp_path / "001-coder-03-01.md").write_text("third slot")
    model = ScriptedModel.load(tmp_path)
    assert [ask(model), ask(model, 3), ask(model)] == ["one", "third slot", "two"]


@pytest.mark.parametrize("script", [["one"], {"001-coder-00-01": "one"}])
def test_a_json_file_holds_a_list_or_an_object(tmp_path: Path, script: object) -> None:
    (tmp_path / "s.json").write_text(json.dumps(script))
    assert ask(ScriptedModel.load(tmp_path / "s.json")) == "one"


@pytest.mark.parametrize("text", ["nonsense", "3", "[1]", '{"a": null}'])
def test_a_file_that_is_no_script_is_the_users_to_mend(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(UsageError, match=r"s\.json"):
        ScriptedModel.load(tmp_path / "s.json")


def test_a_missing_file_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        ScriptedModel.load(tmp_path / "none")
