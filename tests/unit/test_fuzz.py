"""A selection of `make fuzz`, and whether it would notice."""

from random import Random

import pytest

from schemas.catalogue import schema_of
from schemas.codec import Codec
from schemas.refusal import InvalidCommand
from schemas.topics import TOPIC_OF
from tests.builders.wire import valid
from tests.fuzz.hostile import WAYS, hostile
from tests.fuzz.running import in_process, run_range
from tests.fuzz.tokens import joined, malformed, tokens_of, varint, well_formed

MEMORY_MB = 600
"""More than a process with all modules and the greatest message unfolded has needed."""


def test_two_thousand_hostile_messages_are_parked_refused_or_handled() -> None:
    found = run_range(4711, 1, 2_001)
    assert found.broken == []
    assert found.outcomes.total() == 2_000
    assert {"undecodable", "handled", "answered", "schema_refused", "schema_unknown", "invalid_value"} <= set(
        found.outcomes
    )
    assert found.peak_mb < MEMORY_MB


def test_a_registry_that_lies_over_http_ends_nothing() -> None:
    for number in range(0, 12_000, 1_000):
        assert run_range(4712, number, number + 1).broken == []


def test_a_number_makes_the_same_message_again() -> None:
    for number in range(50):
        once, again = hostile(1, number), hostile(1, number)
        assert (once.way, once.topic, once.key, once.value) == (again.way, again.topic, again.key, again.value)
    assert {hostile(1, number).way for number in range(3_000)} == set(WAYS)


def test_pieces_put_together_are_what_the_codec_writes() -> None:
    for record in ("commerce.OrderEvent", "commands.OpenCase", "warehouse.Shipment"):
        whole = Codec().encode(TOPIC_OF[record], record, valid(record))
        assert whole[10:] == joined(tokens_of(schema_of(record).schema, valid(record)))
        pieces = tokens_of(schema_of(record).schema, valid(record))
        assert any(malformed(piece, Random(1)).written() != piece.written() for piece in pieces)
        assert all(well_formed(piece, Random(1)).kind == piece.kind for piece in pieces)
    assert varint(-1) == b"\x01"
    assert varint(2**63) == b"\x80" * 9 + b"\x02"


def test_what_escapes_from_the_decoder_is_named_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(Codec, "decode", breaks)
    (sentence,) = run_range(7, 5, 6).broken
    assert sentence.startswith("7:5 (")
    assert "ZeroDivisionError" in sentence


def test_an_answer_that_nobody_could_send_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> object:
        raise InvalidCommand("x" * 9_000_000, "no")

    monkeypatch.setattr(Codec, "decode", refuses)
    (sentence,) = run_range(7, 5, 6).broken
    assert "bytes" in sentence


def test_a_message_that_kills_the_process_is_named_and_those_after_it_are_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORDERCASE_TEST_FUZZ_DIES_AT", "3")
    found = in_process(7, 2, 6)
    assert [sentence.partition(" (")[0] for sentence in found.broken] == ["7:3: the process died"]
    assert found.outcomes.total() == 4
