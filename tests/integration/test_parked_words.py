"""What the commands for parked messages say when something goes wrong on the way: their own words, and no person."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from consumers.faults import TryAgain
from consumers.parked_replay import ParkedReplay, Replayed
from ordercase.commands.parked_work import replay
from ordercase.errors import Exit, UserError
from schemas.topics import ORDERS
from tests.builders.wire import valid
from tests.integration.processes import Shell
from tests.integration.stored_worker import GROUP, StoredWorker

KEY = "web:1001"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_driver_that_fails_twice_is_not_heard_beside_the_command(
    database_url: str, tmp_path: Path, log_format: str
) -> None:
    value = valid("commerce.OrderEvent")
    value["order"] |= {"order_id": "1001", "account_name": "Ada\0"}
    with StoredWorker(database_url) as worker:
        worker.send_raw(ORDERS, KEY, b"garbage")
        worker.receive()
        worker.rows("UPDATE parked SET value = %s", worker.codec.encode(ORDERS, "commerce.OrderEvent", value))
        ((parked_id,),) = worker.rows("SELECT id FROM parked")
    shell = Shell(tmp_path, DATABASE_URL=database_url, GROUP_ID=GROUP, LOG_FORMAT=log_format)
    done = shell("parked", "replay", str(parked_id), "--json")
    assert done.status == 1
    assert [(one["left"], one["reason"]) for one in json.loads(done.out)] == [([parked_id], "refused_by_database")]
    assert done.err == ""


def test_what_went_through_is_told_when_the_database_goes_away_in_the_middle(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def half(_self: ParkedReplay, heads: Sequence[int], _alone: Callable[[int], Replayed]) -> Iterator[Replayed]:
        yield Replayed((heads[0],), (), None)
        raise TryAgain("PostgreSQL does not answer")

    monkeypatch.setenv("ORDERCASE_DATABASE_URL", database_url)
    monkeypatch.setattr(ParkedReplay, "each", half)
    with pytest.raises(UserError) as failed:
        replay(7, 9)
    assert capsys.readouterr().out == "Through: 7.\n"
    assert failed.value.status is Exit.ENVIRONMENT
    assert "Not everything is done" in failed.value.sentence
