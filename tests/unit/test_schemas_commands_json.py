"""Commands as people write them: filled in, read in, or refused with the name of the field."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from schemas.codec import Codec
from schemas.commands_json import CommandMistake, read_command
from schemas.topics import COMMANDS

NOW = 1_790_000_000_000_000
RETURN = {
    "type": "CreateReturn",
    "sales_channel": "web",
    "order_id": "1001",
    "lines": [{"line_number": 1, "quantity": 1, "reason": "TOO_SMALL"}],
    "comment": "too small",
}


def test_what_is_missing_is_filled_in() -> None:
    command = read_command(RETURN, NOW)
    assert (command.record, command.key) == ("commands.CreateReturn", "web:1001")
    assert UUID(command.command_id)
    assert command.value["issued_at"] == NOW
    assert command.value["actor"] == {
        "id": "cli",
        "name": None,
        "roles": ["manager"],
        "channels": ["*"],
        "accounts": [],
    }
    assert command.value["dry_run"] is False
    sent = Codec().encode(COMMANDS, command.record, command.value)
    assert Codec().decode(COMMANDS, b"web:1001", sent).lines[0].quantity == 1


def test_what_is_there_stays() -> None:
    actor = {"id": "ann", "roles": ["agent"], "channels": ["web"]}
    own = {
        "command_id": "0" * 8 + "-0000-4000-8000-000000000001",
        "issued_at": "2026-05-31T14:00:00+02:00",
        "actor": actor,
    }
    value = read_command(RETURN | own, NOW).value
    assert value["command_id"] == own["command_id"]
    assert value["issued_at"] == 1_780_228_800_000_000
    assert value["actor"] == actor | {"name": None, "accounts": []}


@pytest.mark.parametrize("written", ["2026-05-31T12:00:00Z", 1_780_228_800_000_000])
def test_times_and_days(written: Any) -> None:
    task = {"type": "AddTask", "case_id": "x", "case_line_id": "y", "short_description": "z", "due_at": written}
    assert read_command(task, NOW).value["due_at"] == 1_780_228_800_000_000
    change = {"type": "ChangeOrder", "sales_channel": "web", "order_id": "1", "reason": "r",
              "lines": [{"line_number": 1, "delivery_date": "2026-05-31"}]}  # fmt: skip
    assert read_command(change, NOW).value["lines"][0]["delivery_date"] == date(2026, 5, 31)


def test_nonsense_is_sent_for_the_worker_to_answer() -> None:
    written = RETURN | {"lines": [{"line_number": 1, "quantity": 0, "reason": "X"}]}
    assert read_command(written, NOW).value["lines"][0]["quantity"] == 0


MISTAKES: list[tuple[Any, str]] = [
    ([], 'A command is a JSON object with a "type", not list'),
    ({}, "type: is missing"),
    ({"type": "CreateReturns"}, "type: there is no command 'CreateReturns'; the nearest is CreateReturn"),
    ({"type": 7}, "type: there is no command 7"),
    (RETURN | {"order": "1001"}, "order: there is no such field"),
    ({"type": "CreateReturn", "sales_channel": "web", "order_id": "1", "lines": []}, "comment: is missing. A comment"),
    (RETURN | {"lines": {}}, "lines: {} stands there; expected is a list"),
    (RETURN | {"lines": [{"line_number": "1", "quantity": 1, "reason": "X"}]}, "lines[0].line_number: '1' stands there"),
    (RETURN | {"lines": [{"line_number": True, "quantity": 1, "reason": "X"}]}, "lines[0].line_number: True stands there"),
    (RETURN | {"lines": [{"line_number": 2**31, "quantity": 1, "reason": "X"}]}, "at most 31 bits"),
    (RETURN | {"lines": [7]}, "lines[0]: 7 stands there; expected is an object"),
    (RETURN | {"dry_run": "yes"}, "dry_run: 'yes' stands there; expected is true or false"),
    (RETURN | {"issued_at": "2026-05-31T12:00:00"}, "issued_at: '2026-05-31T12:00:00' stands there; expected is a time that"),
    (RETURN | {"issued_at": "yesterday"}, "issued_at: 'yesterday' stands there; expected is a time such as"),
    (RETURN | {"issued_at": None}, "issued_at: None stands there"),
    (RETURN | {"comment": "\ud800"}, "comment: '\\ud800' stands there; expected is text without halves"),
    ({"type": "CloseCase", "case_id": "x", "accepted_by": "ME"}, "accepted_by: 'ME' stands there; expected is one of CUSTOMER"),
    ({"type": "CloseCase", "case_id": "x", "accepted_by": []}, "accepted_by: [] stands there; expected is one of CUSTOMER"),
    ({"type": "AddComment", "text": "x"}, "AddComment names neither an order, a checkout nor a case"),
    ({"type": "ChangeOrder", "sales_channel": "web", "order_id": "1", "reason": "r",
      "lines": [{"line_number": 1, "delivery_date": "31.5."}]}, "lines[0].delivery_date: '31.5.' stands there"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "sentence"), MISTAKES)
def test_a_mistake_names_the_field_and_what_is_expected(written: Any, sentence: str) -> None:
    with pytest.raises(CommandMistake) as mistake:
        read_command(written, NOW)
    assert sentence in str(mistake.value)
