"""What stands on outbound topics when a database is brought up to them: read, named, or a reason to stop before anything."""

from dataclasses import dataclass
from typing import Any

import pytest

from consumers.faults import Stop
from consumers.topic_replay import TopicReplay
from schemas.codec import Codec
from schemas.topics import CASES, RETURNS
from tests.builders.wire import valid
from tests.integration.counting_rules import counting_rules

RETURN = "postsales.ReturnChanged"


@dataclass
class Raw:
    """A message as the client hands it over."""

    bytes_: bytes | None
    at_topic: str = RETURNS

    def topic(self) -> str:
        return self.at_topic

    def partition(self) -> int:
        return 2

    def offset(self) -> int:
        return 41

    def value(self) -> bytes | None:
        return self.bytes_


def replay() -> TopicReplay:
    def nobody() -> Any:
        raise AssertionError("the database is not to be asked")

    return TopicReplay({}, nobody, counting_rules(), "group", Codec(None))


def test_what_was_told_is_read_and_what_is_not_ours_is_named() -> None:
    # Given a return, garbage behind it, and a record that was taken out
    ours = Codec(None).encode(RETURNS, RETURN, valid(RETURN))
    one = replay()
    # When they are heard
    heard = list(one.told([(1, Raw(ours)), (2, Raw(b"garbage")), (3, Raw(None, CASES))]))
    # Then the return is known, and the others are named by their places
    assert [record for record, _ in heard] == [RETURN]
    assert [said.partition(":")[0] for said in one.report.unread] == [
        f"{RETURNS} partition 2 offset 41",
        f"{CASES} partition 2 offset 41",
    ]


def test_a_schema_that_is_lost_ends_it_before_anything_is_read_in() -> None:
    """A return that nobody can read would come back under another RMA than is on the parcel."""
    with pytest.raises(Stop) as stopped:
        list(replay().told([(1, Raw(b"\0\0\0\0\x07" + b"body"))]))
    assert stopped.value.code == "told_unreadable"
    assert f"{RETURNS} partition 2 offset 41" in str(stopped.value)
