"""Commands that read, against a real database: what they print and how they end."""

import json
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import structlog

from ordercase.cli import status_of
from ordercase.commands import erase
from storage import tables
from tests.integration.erased_customer import Told
from tests.integration.processes import Shell
from tests.integration.stored import PLACED, Stored
from tests.integration.stored_worker import StoredWorker


@pytest.fixture(name="shell")
def _shell(database_url: str, tmp_path: Path) -> Shell:
    return Shell(tmp_path, DATABASE_URL=database_url)


@pytest.fixture(name="inside")
def _inside(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """A command in this process: (exit status, stdout, stderr). It sets up logs, which end with the test."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    monkeypatch.setenv("ORDERCASE_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)

    def inside(*arguments: str) -> tuple[int, str, str]:
        status = status_of(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    yield inside
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(name="stored")
def _stored(database_url: str) -> Stored:
    return Stored(database_url)


def test_erasing_says_what_it_did_and_what_is_still_to_be_published(
    inside: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase, "PATIENCE", 0.3)
    assert inside("erase", "--channel", "web")[0] == 2
    assert inside("erase", "--channel", "web", "--customer", " ")[0] == 2
    status, out, _ = inside("erase", "--channel", "web", "--customer", "C-4711")
    assert (status, out.splitlines()[0]) == (0, "Erased: nothing was stored.")
    with StoredWorker(database_url) as worker:
        Told(worker, "C-4712").order("1001")
        worker.receive()
        status, out, err = inside("erase", "--channel", "web", "--customer", "C-4712", "--json")
        assert status == 3
        first, last = (json.loads(line) for line in out.splitlines())
        assert first == {"erased": {"order": 1}, "published": 0, "parked": 0, "replies": 0, "unpublished": 1}
        assert last["error"] == "not_published"
        assert "ordercase run" in err
        assert worker.rows("SELECT email FROM order_search") == [(None,)]


def test_an_empty_database_is_migrated_and_stays_so(empty_database_url: str, tmp_path: Path) -> None:
    shell = Shell(tmp_path, DATABASE_URL=empty_database_url)
    assert shell("orders", "find").status == 4
    behind = shell("migrate", "--check", "--json")
    assert behind.status == 1
    assert behind.json["version"] is None
    assert shell("migrate").status == 0
    assert shell("migrate", "--check").status == 0
    assert shell("migrate", "--json").json["version"] == behind.json["needed"]
    assert shell("orders", "find", "--json").json == []


def test_a_worker_does_not_start_on_a_database_that_is_behind(empty_database_url: str, tmp_path: Path) -> None:
    shell = Shell(tmp_path, DATABASE_URL=empty_database_url, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9")
    done = shell("run")
    assert done.status == 4
    assert "[database_behind]" in done.err
    assert "ordercase migrate" in done.err


def test_orders_are_found_and_shown(inside: Any, stored: Stored) -> None:
    stored.order("1001")
    stored.order("1002", "shop-us")
    status, out, _ = inside("orders", "find", "--channel", "shop-eu", "--json")
    assert status == 0
    (row,) = json.loads(out)
    assert (row["order_id"], row["placed_at"], row["total_minor"]) == ("1001", "2026-09-21T14:13:20Z", 3990)
    status, out, _ = inside("orders", "show", "shop-eu:1001", "--json")
    assert status == 0
    assert json.loads(out)["lines"][0]["sku"] == "SHIRT-M"
    for command in (["find"], ["show", "shop-eu:1001"], ["explain", "shop-eu:1001"]):
        status, out, _ = inside("orders", *command)
        assert status == 0
        assert "1001" in out or "SHIRT-M" in out


def test_an_unknown_order_says_what_waits_for_it(inside: Any, stored: Stored) -> None:
    stored.add(tables.waiting, topic="warehouse.status.v1", partition=0, offset=1, key=b"shop-eu:7", value=b"",
               since=PLACED, waits_kind="order", waits_key="shop-eu:7")  # fmt: skip
    status, out, err = inside("orders", "show", "shop-eu:7", "--json")
    assert status == 1
    assert json.loads(out) == {"error": "unknown_order", "waiting": 1}
    assert "1 message waits for it" in err
    status, out, _ = inside("orders", "show", "shop-eu:7")
    assert (status, out) == (1, "")


def test_there_are_more_pages(inside: Any, stored: Stored) -> None:
    for number in range(11):
        stored.order(f"{number:02d}")
    status, out, err = inside("orders", "find", "--limit", "10", "--sort", "order_id", "--json")
    assert (status, len(json.loads(out))) == (0, 10)
    after = err.split("--after ")[1].strip()
    _, out, err = inside("orders", "find", "--limit", "10", "--sort", "order_id", "--json", "--after", after)
    assert [row["order_id"] for row in json.loads(out)] == ["10"]
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["orders", "find", "--criteria", "{}"], "bad_criteria"),
        (["orders", "find", "--sort", "nope"], "bad_page"),
        (["orders", "find", "--after", "nope"], "bad_page"),
        (["cases", "list", "--sort", "nope"], "bad_page"),
    ],
)
def test_a_search_that_is_not_understood_ends_with_2(inside: Any, arguments: list[str], code: str) -> None:
    status, out, _ = inside(*arguments, "--json")
    assert status == 2
    assert json.loads(out)["error"] == code


def test_exports_hold_the_whole_set(inside: Any, stored: Stored, tmp_path: Path) -> None:
    stored.order("1001", first_name="=1+1", last_name='O"Hara', currency="JPY")
    stored.order("1002", account_name="x")
    columns = ("--columns", "order_id,first_name,last_name,total,placed", "--sort", "order_id")
    _, out, err = inside("orders", "export", *columns)
    assert out == (
        "\ufefforder_id,first_name,last_name,total,placed\n"
        '1001,\'=1+1,"O""Hara",3990,2026-09-21T14:13:20Z\n'
        "1002,Ada,Lovelace,39.90,2026-09-21T14:13:20Z\n"
    ).replace("\n", "\r\n")
    assert err == "2 orders exported.\n"
    inside("orders", "export", *columns, "--format", "jsonl", "--output", "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert rows[0] == {"order_id": "1001", "first_name": "=1+1", "last_name": 'O"Hara', "total_minor": 3990,
                       "placed_at": "2026-09-21T14:13:20Z"}  # fmt: skip
    inside("orders", "export", *columns, "--format", "excel-xml", "-o", "out.xml")
    cells = ET.parse(tmp_path / "out.xml").getroot().iter("{urn:schemas-microsoft-com:office:spreadsheet}Data")
    kinds = [cell.attrib["{urn:schemas-microsoft-com:office:spreadsheet}Type"] for cell in cells]
    assert kinds[5:10] == ["String", "String", "String", "Number", "String"]


def test_cases_are_listed_shown_and_reported(inside: Any, stored: Stored) -> None:
    stored.case(1)
    assert json.loads(inside("cases", "list", "--json")[1])[0]["case_number"] == "CASE0000001"
    assert json.loads(inside("cases", "show", "CASE0000001", "--json")[1])["state"] == "NEW"
    assert json.loads(inside("cases", "report", "--json")[1])[0]["opened"] == 1
    assert "CASE0000001" in inside("cases", "list")[1]
    assert "CASE0000001-1" in inside("cases", "show", "CASE0000001")[1]
    assert inside("cases", "show", "CASE0000002")[0] == 1


def test_parked_messages_are_listed_and_shown(inside: Any, stored: Stored) -> None:
    stored.add(tables.parked, topic="t", partition=0, offset=5, key=b"shop-eu:1", value=b"\x00\xff", since=PLACED,
               reason="undecodable", sentence="The bytes are no record.", error_class="Undecodable")  # fmt: skip
    (row,) = json.loads(inside("parked", "list", "--json")[1])
    assert row == {"id": row["id"], "topic": "t", "partition": 0, "offset": 5, "key": "shop-eu:1",
                   "reason": "undecodable", "since": "2026-09-21T14:13:20Z", "behind": False}  # fmt: skip
    shown = json.loads(inside("parked", "show", str(row["id"]), "--json")[1])
    assert (shown["value_base64"], shown["headers"]) == ("AP8=", [])
    assert "00 ff" in inside("parked", "show", str(row["id"]))[1]
    assert inside("parked", "show", "999")[0] == 1


def test_what_waits_is_listed(inside: Any, stored: Stored) -> None:
    stored.add(tables.waiting, topic="t", partition=0, offset=5, key=b"shop-eu:1", value=b"", since=PLACED,
               waits_kind="order", waits_key="shop-eu:1")  # fmt: skip
    (row,) = json.loads(inside("waiting", "list", "--json")[1])
    assert (row["waits_key"], row["since"]) == ("shop-eu:1", "2026-09-21T14:13:20Z")
    assert "order shop-eu:1" in inside("waiting", "list")[1]


def test_nothing_is_drawn_or_coloured_away_from_a_terminal(shell: Shell, stored: Stored) -> None:
    stored.order("1001")
    done = shell("orders", "find")
    assert done.status == 0
    assert "\x1b" not in done.out
    assert len(done.out.splitlines()) == 2


def on_a_terminal(shell: Shell, *arguments: str) -> str:
    """What a command prints when its stdout is a terminal."""
    own, its = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "ordercase", *arguments], env=shell.environment({}) | {"COLUMNS": "200"},
        cwd=shell.folder, stdout=its, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        os.close(its)
        shown = b""
        with suppress(OSError):  # the end of a terminal is an error
            while chunk := os.read(own, 65536):
                shown += chunk
        os.close(own)
    assert process.returncode == 0
    return shown.decode()


def test_a_single_hit_on_a_terminal_shows_the_order(shell: Shell, stored: Stored) -> None:
    stored.order("1001")
    shown = on_a_terminal(shell, "orders", "find", "--order-id", "1001")
    assert "Order shop-eu:1001" in shown
    assert "39.90 EUR" in shown
    stored.order("1002")
    assert "Order shop-eu:1001" not in on_a_terminal(shell, "orders", "find")


def test_a_reader_that_goes_away_is_no_mistake(shell: Shell, stored: Stored) -> None:
    for number in range(100):
        stored.order(f"{number:03d}")
    for command in (["find", "--limit", "100"], ["find", "--limit", "100", "--json"], ["export"]):
        with subprocess.Popen(
            [sys.executable, "-m", "ordercase", "orders", *command], env=shell.environment({}), cwd=shell.folder,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            said = process.stderr.read().decode()
            assert process.wait() == 0, said
        assert "Error" not in said
