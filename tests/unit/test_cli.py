"""The command line without database and broker: help, mistakes, exit statuses, JSON."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ordercase.cli import COMMANDS, status_of

Run = Callable[..., "subprocess.CompletedProcess[str]"]
"""A command in a process of its own, in an empty folder, with these settings alone."""

Inside = Callable[..., tuple[int, str, str]]
"""The same in this process, which is much quicker: exit status, stdout, stderr."""


@pytest.fixture(name="inside")
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    for name in os.environ:
        if name.startswith("ORDERCASE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def inside(*arguments: str, **variables: str) -> tuple[int, str, str]:
        for name, value in variables.items():
            monkeypatch.setenv(f"ORDERCASE_{name}", value)
        status = status_of(arguments)
        return status, *capsys.readouterr()

    return inside


@pytest.fixture(name="run")
def _run(tmp_path: Path) -> Run:
    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        env = {name: value for name, value in os.environ.items() if not name.startswith("ORDERCASE_")}
        given = {f"ORDERCASE_{name}": value for name, value in variables.items()}
        return subprocess.run(
            [sys.executable, "-m", "ordercase", *arguments],
            env={**env, **given},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_every_command_of_the_table_is_there() -> None:
    for place, _ in COMMANDS.values():
        module, _, name = place.partition(":")
        assert hasattr(importlib.import_module(f"ordercase.commands.{module}"), name), place


def test_help_names_every_command_and_imports_none(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        assert f" {name} " in done.stdout
    heavy = (
        "import sys; from ordercase.cli import app; app(['--help'], result_action='return_value');"
        "print([m for m in ('sqlalchemy', 'confluent_kafka', 'pydantic', 'alembic') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fnid"], "There is no command 'fnid'."),
        (["order"], "There is no command 'order'. Did you mean orders?"),
        (["orders", "fnd"], 'Unknown command "fnd". Did you mean "find"?'),
        (["orders", "find", "--emial", "x"], "Unknown option: --emial. Did you mean --email?"),
        (["orders", "show"], "requires an argument"),
        (["orders", "show", "1001"], "write CHANNEL:ORDER"),
        (["orders", "find", "--limit", "7"], "there are 10, 20, 50, 100"),
        (["orders", "find", "--from", "nonsense"], "is not an ISO 8601 date or time"),
        (["orders", "export", "--columns", "order_id,nope"], "There is no column 'nope'"),
        (["orders", "export", "--format", "pdf"], "Invalid value"),
        (["cases", "list", "--state", "sleeping"], "is no state of a case"),
        (["cases", "report", "--by", "weather"], "Invalid value"),
        (["policy", "check", "nowhere.toml"], "cannot be read: No such file or directory"),
        (["send", "nowhere.json"], "cannot be read: No such file or directory"),
    ],
)
def test_what_is_mistyped_ends_with_2_and_a_sentence(inside: Inside, arguments: list[str], sentence: str) -> None:
    status, shown, said = inside(*arguments)
    assert status == 2
    assert sentence in " ".join(said.split())
    assert shown == ""


def test_an_error_is_an_object_for_machines(inside: Inside) -> None:
    status, shown, _ = inside("orders", "find", "--limit", "x", "--json")
    assert status == 2
    assert json.loads(shown)["error"] == "usage"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["orders", "find"], "database_missing"),
        (["orders", "show", "shop:1"], "database_missing"),
        (["cases", "list"], "database_missing"),
        (["parked", "list"], "database_missing"),
        (["waiting", "list"], "database_missing"),
        (["migrate"], "database_missing"),
        (["run"], "database_missing"),
        (["topics", "plan"], "kafka_missing"),
        (["schemas", "register"], "registry_missing"),
    ],
)
def test_a_missing_environment_ends_with_4(inside: Inside, arguments: list[str], code: str) -> None:
    status, _, said = inside(*arguments)
    assert status == 4
    assert f"[{code}]" in said


def test_a_database_that_does_not_answer_ends_with_4(inside: Inside) -> None:
    status, shown, said = inside("orders", "find", "--json", DATABASE_URL="postgresql://me:s3cr3t@127.0.0.1:9/none")
    assert status == 4
    assert json.loads(shown)["error"] == "database_unreachable"
    assert "s3cr3t" not in shown + said


def test_wrong_settings_stop_a_process_before_it_starts(run: Run) -> None:
    done = run("run", BATCH_SIZE="0", GROPU_ID="x", KAFKA__PARTITIONER="consistent")
    assert done.returncode == 2
    for name in ("ORDERCASE_BATCH_SIZE", "ORDERCASE_GROPU_ID", "ORDERCASE_KAFKA__PARTITIONER"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_config_show_masks_secrets(inside: Inside) -> None:
    url = "postgresql://me:s3cr3t@host/db"
    status, shown, _ = inside("config", "show", "--json", DATABASE_URL=url, KAFKA__SASL_PASSWORD="s3cr3t")
    assert status == 0
    values = {row["name"]: row["value"] for row in json.loads(shown)}
    assert values["ORDERCASE_DATABASE_URL"] == "postgresql://me:***@host/db"
    assert values["ORDERCASE_KAFKA__SASL_PASSWORD"] == "***"
    assert "s3cr3t" not in shown


def test_policy_check_names_every_mistake_with_its_line(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[default.cancel]\nanswer_hours = -1\nresaons = []\n[default.nope]\n")
    status, _, said = inside("policy", "check", "policy.toml")
    assert status == 2
    assert [line.split(": ")[0] for line in said.splitlines()[1:4]] == [
        "  policy.toml:2", "  policy.toml:3", "  policy.toml:4",
    ]  # fmt: skip


def test_policy_show_speaks_the_files_language(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(
        '[channel.web.cancel]\nanswer_hours = "PT2S"\n[default.returns]\nwindow_days = 14\n'
    )
    assert inside("policy", "check", "policy.toml")[0] == 0
    _, shown, _ = inside("policy", "show", "--channel", "web", "--json", POLICY_FILE="policy.toml")
    policy = json.loads(shown)["policy"]
    assert policy["cancel"]["answer_hours"] == "PT2S"
    assert policy["returns"]["window_days"] == 14
    assert policy["refunds"]["auto_release"]["return"] is True
    assert policy["cases"]["sla_hours"] == {"1": 4, "2": 8, "3": 24, "4": 72}


def test_nothing_is_coloured_away_from_a_terminal(inside: Inside) -> None:
    assert "\x1b[" not in inside("policy", "show")[1]


def test_schemas_are_written_out(inside: Inside, tmp_path: Path) -> None:
    status, shown, _ = inside("schemas", "export", "out", "--json")
    assert status == 0
    names = json.loads(shown)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    assert "ordercase.commands.CreateReturn.avsc" in names
