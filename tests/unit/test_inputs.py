"""What the loop takes from the client: whatever came, something that can be kept."""

from collections.abc import Sequence

import pytest

from consumers import inputs
from consumers.inputs import LARGEST_KEPT, LONGEST_KEY
from schemas.refusal import LONGEST_SENTENCE, InvalidCommand, Undecodable
from schemas.topics import ORDERS, TOPICS
from storage.messages import AsReceived


class Raw:
    """A message whose headers the client cannot hand out, or which has these."""

    def __init__(self, headers: Sequence[tuple[str, bytes | None]] | None, fails: Exception | None = None) -> None:
        self._headers, self._fails = headers, fails

    topic = staticmethod(lambda: ORDERS)
    partition = staticmethod(lambda: 0)
    offset = staticmethod(lambda: 7)
    key = staticmethod(lambda: b"k" * 5_000)
    value = staticmethod(lambda: b"v")

    def headers(self) -> Sequence[tuple[str, bytes | None]] | None:
        if self._fails is not None:
            raise self._fails
        return self._headers

    def set_headers(self, headers: Sequence[tuple[str, bytes | None]]) -> None:
        self._headers, self._fails = headers, None


@pytest.mark.parametrize("fails", [SystemError("twice"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no")])
def test_headers_that_the_client_cannot_hand_out_are_left_and_never_asked_for_again(fails: Exception) -> None:
    raw = Raw([("a", b"b")], fails)
    assert inputs.as_received(raw).headers == ()
    assert inputs.as_received(raw).headers == ()


def test_headers_are_kept_as_text_that_postgresql_takes() -> None:
    raw = Raw([("a\0", b"b\0\xff"), ("c", None)])
    assert inputs.as_received(raw).headers == (("a", "b\N{REPLACEMENT CHARACTER}"), ("c", ""))


def test_of_a_key_that_no_id_can_make_the_beginning_is_kept() -> None:
    assert inputs.as_received(Raw(None)).key == b"k" * LONGEST_KEY


def test_of_a_value_that_is_far_too_large_the_beginning_is_kept() -> None:
    def refuse(*_: object) -> object:
        raise Undecodable("too_large", "Too large.")

    assert max(topic.max_bytes for topic in TOPICS.values()) < LARGEST_KEPT
    for size, kept in ((LARGEST_KEPT, LARGEST_KEPT), (LARGEST_KEPT + 1, LARGEST_KEPT), (10, 10)):
        one = inputs.read(refuse, AsReceived(ORDERS, 0, 7, b"k", bytes(size)))
        assert one.fault is not None
        assert len(one.message.value or b"") == kept


def test_what_is_said_of_a_message_can_be_kept_and_shown_whatever_stood_in_it() -> None:
    said = Undecodable("key_mismatch", "asks for a\0b\x1b[31m" + "x" * 5_000).sentence
    assert said.isprintable()
    assert len(said) == LONGEST_SENTENCE
    assert InvalidCommand("id", "a\0b").sentence == "a\N{REPLACEMENT CHARACTER}b"
    assert Undecodable("undecodable", "plain ä×日").sentence == "plain ä×日"
