"""What may become of a hostile message, and whether it did: parked with a reason, answered with a refusal, or handled."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from consumers import inputs
from domain.handling import handle, refs
from domain.history import entries
from domain.policy import DEFAULT
from domain.timers import timers
from domain.world import Aggregate, Ref
from schemas.bare import bare_with
from schemas.codec import Codec, Registry
from schemas.outbound import project, reply_message
from schemas.refusal import LONGEST_SENTENCE, REASONS, RegistryUnavailable
from schemas.topics import TOPIC_OF, TOPICS
from storage.documents import to_json
from tests.builders.memory_worker import MemoryWorker
from tests.builders.wire import AT, valid
from tests.fuzz.hostile import AWAY, HONEST, Hostile

PLAIN: Final = Codec()
KEPT: Final[dict[Registry | None, Codec]] = {None: PLAIN, HONEST: Codec(HONEST), AWAY: Codec(AWAY)}
"""A worker keeps its codec; what it learns of a stranger's schema must not help or hurt the next message here."""
LONGEST_MESSAGE: Final = 4_000_000
"""Well under what the producer sends at most."""


class Broken(AssertionError):
    """Something became of a message that must not."""


class _Raw:
    """As confluent_kafka hands a message out."""

    def __init__(self, made: Hostile) -> None:
        self._made = made

    def topic(self) -> str:
        return self._made.topic

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return 0

    def key(self) -> bytes | None:
        return self._made.key

    def value(self) -> bytes | None:
        return self._made.value

    def headers(self) -> list[tuple[str, bytes | None]]:
        return self._made.headers


@cache
def _known() -> Mapping[Ref, Aggregate]:
    """A world with the order, its payment, its checkout and a case in it that hostile messages speak of."""
    worker = MemoryWorker()
    for record in ("commerce.OrderEvent", "commerce.CheckoutEvent", "payments.PaymentEvent", "commerce.Product",
                   "commerce.StockLevel", "warehouse.Source", "commands.OpenCase", "warehouse.Shipment"):  # fmt: skip
        topic = TOPIC_OF[record]
        more = {"dry_run": False} if record.startswith("commands.") else {}
        value = valid(record, **more)
        worker.send(topic, record, _key_of(record, value), value)
    worker.receive(0)
    return worker.kept


def _key_of(record: str, value: dict[str, Any]) -> str:
    from schemas.keys import key_of

    return key_of(record, value)


class _World:
    def get(self, ref: Ref) -> Aggregate | None:
        return _known().get(ref)


def judged(made: Hostile) -> str:
    """A name for what became of it, for the statistics. Raises Broken, or whatever escaped."""
    codec = KEPT.get(made.registry) or Codec(made.registry)
    message = inputs.as_received(_Raw(made))
    try:
        one = inputs.read(codec.decode, message)
    except RegistryUnavailable:
        if made.registry is None:
            raise Broken("there is no registry that could be away") from None
        return "registry away"
    if one.fault is not None:
        _sentence(one.fault.reason, one.fault.sentence)
        return one.fault.reason
    if one.answer is not None:
        answer = reply_message(one.answer, "fuzz")
        _sends(answer)
        to_json(one.answer)
        return "answered"
    if made.value is not None:
        bare_with(codec)(made.topic, made.value)
    _handled(one.content)
    return "handled"


def _sentence(reason: str, sentence: str) -> None:
    if reason not in REASONS:
        raise Broken(f"{reason} is no reason")
    if not sentence or len(sentence) > LONGEST_SENTENCE or not sentence.isprintable():
        raise Broken(f"{reason} has a sentence of {len(sentence)} characters that cannot be kept: {sentence!r}")


def _handled(content: Any) -> None:
    """What the loop does with it up to the writing: rules, history, timers, documents, records."""
    refs(content)
    outcome = handle(content, _World(), DEFAULT, AT)
    for step in outcome.steps:
        for entry in entries(step):
            to_json(entry)
    for thing in outcome.changed.values():
        to_json(thing)
        timers(thing, DEFAULT)
    for out in project(outcome, "fuzz"):
        _sends(out)


def _sends(out: Any) -> None:
    out.key.encode()
    for name, text in out.headers:
        (name + text).encode()
    value = PLAIN.encode(out.topic, out.record, out.value)
    if len(value) > LONGEST_MESSAGE or len(value) > 8 * TOPICS[out.topic].max_bytes:
        raise Broken(f"{out.record} has {len(value)} bytes")
