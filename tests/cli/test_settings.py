"""Flags win over the environment, that over the task file, that over defaults; nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from hotloop.agent.report.redo import FLAGGED
from hotloop.agent.settings import Settings
from hotloop.cli.optimize import command as optimize
from hotloop.cli.options import BY_NAME
from hotloop.cli.settings import described, resolve
from hotloop.cli.task_file import find_task_file, in_folder, read_task_file
from hotloop.cli.types import duration
from hotloop.errors import UsageError


def resolve_file(folder: Path, text: str, name: str = "hotloop.toml") -> Settings:
    (folder / name).write_text(text)
    return resolve({}, {}, find_task_file(in_folder(folder))).settings


def test_every_setting_has_its_place_in_the_table() -> None:
    assert set(BY_NAME) == set(Settings.model_fields)


def test_every_flag_of_the_redo_command_is_a_flag_of_optimize() -> None:
    flags = {parameter.name for parameter in optimize.params if isinstance(parameter, click.Option)}
    assert set(FLAGGED) == flags & set(BY_NAME)


def test_without_any_source_everything_is_the_default() -> None:
    resolved = resolve({}, {})
    assert resolved.settings == Settings()
    assert set(resolved.origin.values()) == {"default"}


def test_each_source_wins_over_the_next(tmp_path: Path) -> None:
    (tmp_path / "hotloop.toml").write_text("rounds = 1\nseed = 1\ncandidates = 1\n")
    file = find_task_file(in_folder(tmp_path))
    resolved = resolve(
        {"seed": 3, "rounds": None, "env": ()}, {"HOTLOOP_SEED": "2", "HOTLOOP_ROUNDS": "2"}, file
    )
    assert (resolved.settings.seed, resolved.settings.rounds, resolved.settings.candidates) == (3, 2, 1)
    assert [resolved.origin[name] for name in ("seed", "rounds", "candidates", "model")] == [
        "flag",
        "environment",
        "hotloop.toml",
        "default",
    ]


def test_a_flag_of_zero_is_a_value() -> None:
    assert resolve({"max_cost": 0.0}, {"HOTLOOP_MAX_COST": "5"}).settings.max_cost == 0.0


def test_a_task_file_named_like_a_source_is_still_a_file(tmp_path: Path) -> None:
    path = tmp_path / "flag"
    path.write_text("rounds = 2\n")
    resolved = resolve({"seed": 1}, {}, read_task_file(path))
    assert resolved.settings.seed == 1
    assert resolved.settings.rounds == 2


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("2h", 7200), ("1h30m", 5400), ("45", 45), ("1.5m", 90), ("1d", 86400)],
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5s", "5x", "1 h", "5s!", "٣s", "nan", "inf"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="not a duration"):
        duration(text)


def test_lists_in_the_environment_are_json_or_one_value() -> None:
    assert resolve({}, {"HOTLOOP_ENV": "pip install a, b"}).settings.env == ("pip install a, b",)
    assert resolve({}, {"HOTLOOP_ENV": '["a", "b"]'}).settings.env == ("a", "b")
    prices = resolve({}, {"HOTLOOP_PRICES": '{"m": [1, 2.5]}'}).settings.prices
    assert prices == {"m": (1.0, 2.5)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOTLOOP_ROUNDS", "x"),
        ("HOTLOOP_ROUNDS", "0"),
        ("HOTLOOP_MAX_COST", "nan"),
        ("HOTLOOP_ALLOW_UNKNOWN_PRICE", "perhaps"),
        ("HOTLOOP_PRICES", "{"),
        ("HOTLOOP_PRICES", '{"m": [NaN, 1]}'),
        ("HOTLOOP_ENV", "[1]"),
        ("HOTLOOP_ENV", "["),
        ("HOTLOOP_SANDBOX", "vm"),
    ],
)
def test_a_bad_value_in_the_environment_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        resolve({}, {name: value})


def test_a_misspelt_variable_is_not_silently_ignored() -> None:
    with pytest.raises(UsageError, match="HOTLOOP_MAX_COST"):
        resolve({}, {"HOTLOOP_MAX_COTS": "1"})


def test_variables_that_are_no_settings_are_left_alone() -> None:
    environ = {"HOTLOOP_DEBUG": "1", "HOTLOOP_REQUIRE_DOCKER": "1", "HOTLOOP_DOCKER_BASE": "x", "PATH": "/"}
    assert resolve({}, environ).settings == Settings()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('rounds = "8"', "rounds"),
        ("rounds = true", "rounds"),
        ("rounds = 1.5", "rounds"),
        ('env = "pip"', "env"),
        ("env = [2020-01-01]", "env"),
        ("workload = 2020-01-01", "workload"),
        ("max_cost = nan", "max_cost"),
        ("max_cost = inf", "max_cost"),
        ('max_time = "soon"', "90s"),
        ('coder = "me"', "coder"),
        ("max-cost = 1", "'max_cost'"),
        ("roundz = 1", "'rounds'"),
        ("zzz = 1", "--print-config"),
        ("rounds = ", "not valid TOML"),
        ("[tool.hotloop]\nrounds = 1", "'tool'"),
        ('workload = "/etc/passwd"', "leaves the repository"),
        ('workload = "a/../../x"', "leaves the repository"),
        ('import_roots = [".", "../x"]', "leaves the repository"),
        ('env_files = ["../x"]', "leaves the repository"),
        ("allow_unknown_price = true", "may not choose"),
        ("[prices]\nm = [0, 0]", "may not choose"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_the_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        resolve_file(tmp_path, text)
    assert "hotloop.toml" in str(refused.value)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_numbers_may_be_whole_where_fractions_are_meant(tmp_path: Path) -> None:
    assert resolve_file(tmp_path, "min_speedup = 1\nmax_time = 90\n").min_speedup == 1.0


def test_pyproject_is_read_where_there_is_no_hotloop_toml(tmp_path: Path) -> None:
    assert resolve_file(tmp_path, "[tool.hotloop]\nrounds = 2\n", "pyproject.toml").rounds == 2
    assert resolve_file(tmp_path, "rounds = 3\n").rounds == 3


def test_a_pyproject_without_our_table_is_no_task_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert find_task_file(in_folder(tmp_path)) is None


def test_a_link_is_not_followed_out_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "outside.toml").write_text("rounds = 2\n")
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "hotloop.toml").symlink_to("../outside.toml")
    assert find_task_file(in_folder(tmp_path / "repo")) is None


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "hotloop.toml").write_bytes(b"#" * (2 << 20))
    with pytest.raises(UsageError, match="larger than"):
        find_task_file(in_folder(tmp_path))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "hotloop.toml").write_bytes(b"tests = '\xff'")
    with pytest.raises(UsageError, match="not valid TOML"):
        find_task_file(in_folder(tmp_path))


def test_a_named_file_may_set_everything_and_finds_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "workload.py").touch()
    path = tmp_path / "task.toml"
    path.write_text('sandbox = "local"\nworkload = "workload.py"\ndockerfile = "in/the/repository"\n')
    settings = resolve({}, {}, read_task_file(path)).settings
    assert settings.sandbox == "local"
    assert settings.workload == (tmp_path / "workload.py").resolve()
    assert settings.dockerfile == Path("in/the/repository")


def test_described_holds_every_setting_as_json() -> None:
    shown = described(resolve({"workload": "bench.py"}, {}))
    assert set(shown) == set(Settings.model_fields)
    assert shown["workload"] == {"value": "bench.py", "origin": "flag"}


def test_a_file_and_a_command_named_together_are_refused() -> None:
    with pytest.raises(UsageError, match="Both workload and command are set by flag"):
        resolve({"workload": "w.py", "command": "make bench"}, {})


@pytest.mark.parametrize(("flag", "hidden"), [("workload", "command"), ("command", "workload")])
def test_what_is_timed_by_flag_hides_the_other_kind_in_the_task_file(
    tmp_path: Path, flag: str, hidden: str
) -> None:
    (tmp_path / "hotloop.toml").write_text(f'{hidden} = "other"\n')
    settings = resolve({flag: "named"}, {}, find_task_file(in_folder(tmp_path))).settings
    assert str(getattr(settings, flag)) == "named"
    assert getattr(settings, hidden) is None
