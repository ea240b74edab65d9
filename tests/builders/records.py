"""What goes out and what is kept: every record encodes, versions have no holes, what is stored reads back as it was, and
the history tells the state."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from domain.actors import Stamp
from domain.cases import Case
from domain.cases import evolve as evolve_case
from domain.checkouts import CheckoutFile
from domain.checkouts import evolve as evolve_checkout
from domain.history import Entry, entries
from domain.order_events import NoticeAnswered, NoticeAsked, OrderStateMoved
from domain.order_evolve import evolve as evolve_order
from domain.order_file import OrderFile
from domain.world import Kind, Outcome, Ref, Step
from schemas.codec import Codec
from schemas.outbound import Outbound, project
from storage.documents import from_json, to_json
from tests.builders.watched_worker import WatchedWorker

FOLDED: Final = (Kind.ORDER, Kind.CHECKOUT, Kind.CASE)
"""What is a fold of its history; all else is kept as it was last said."""

_CODEC: Final = Codec()


class Records:
    """Watches records and documents over the whole life of a worker."""

    def __init__(self) -> None:
        self._published: dict[tuple[str, str], int] = defaultdict(int)
        self._event_ids: set[str] = set()

    def __call__(self, worker: WatchedWorker, outcome: Outcome) -> None:
        for message in project(outcome, "watched"):
            self._publish(message)
        for ref, thing in outcome.changed.items():
            text = to_json(thing)
            assert from_json(type(thing), text) == thing, f"{ref} does not read back as it was written"
        self._history_tells_the_state(worker, outcome)

    def _publish(self, message: Outbound) -> None:
        """Outbound projection succeeds; versions are dense per thing; no record's id comes twice; net + tax = gross."""
        _CODEC.encode(message.topic, message.record, message.value)
        if message.record == "replies.CommandResult":
            return
        assert message.event_id not in self._event_ids, f"two records {message.event_id}: {message.record}"
        self._event_ids.add(message.event_id)
        subject = dict(message.headers)["ce_subject"]
        version = message.value.get("version")
        if version is not None:
            entity = (message.record, f"{message.key} {subject}")
            assert version == self._published[entity] + 1, f"{entity} jumps from {self._published[entity]} to {version}"
            self._published[entity] = version
        for part in _parts(message.value):
            if {"net_minor", "tax_minor", "gross_minor"} <= part.keys():
                assert part["net_minor"] + part["tax_minor"] == part["gross_minor"], message

    def _history_tells_the_state(self, worker: WatchedWorker, outcome: Outcome) -> None:
        """State read from the store = state folded from history. Only that something was published is not told there."""
        now: dict[Ref, Any] = {}
        for step in outcome.steps:
            if step.ref.kind not in FOLDED:
                continue
            before = now.get(step.ref, worker.before.get(step.ref))
            now[step.ref] = _folded(step.ref, before, step)
        for ref, folded in now.items():
            kept = outcome.changed.get(ref, worker.things.get(ref))
            assert folded == kept, f"{ref}: its history leads to another state than the one that is kept"
        silent = {ref for ref in outcome.changed if ref.kind in FOLDED} - now.keys()
        assert not silent, f"{silent} changed without a word in the history"


def _folded(ref: Ref, before: Any, step: Step) -> Any:
    """The thing after a step, from nothing but what its history says of it, read from its text."""
    told = entries(step)
    if not told:
        assert isinstance(step.event, OrderStateMoved), f"{step.event} is not in the history"
        return step.after
    entry: Entry = told[0]
    event = from_json(type(entry.data), to_json(entry.data))
    stamp = Stamp(entry.recorded_at, entry.actor, entry.cause_id, entry.happened_at)
    return _evolve(ref, before, event, stamp)


def _evolve(ref: Ref, before: Any, event: Any, stamp: Stamp) -> Any:
    if isinstance(event, NoticeAsked | NoticeAnswered):
        return before  # a mail changes nothing of what it is about
    if ref.kind is Kind.CASE:
        return evolve_case(before if isinstance(before, Case) else None, event, stamp)
    channel, _, name = ref.key.partition(":")
    if ref.kind is Kind.CHECKOUT:
        return evolve_checkout(before or CheckoutFile(sales_channel=channel, checkout_id=name), event, stamp)
    return evolve_order(before or OrderFile(sales_channel=channel, order_id=name), event, stamp)


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """A record's value and every record within it."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _parts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _parts(part)
