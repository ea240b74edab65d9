"""One thing without its person: its history blanked, and what it is and publishes after that (architecture.md 5a). Pure.

The state afterwards is folded from the blanked history, so that both say the same by construction. Where a history did
not lead to the stored state before either (somebody changed a row by hand), the stored state is blanked by itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from domain.actors import Stamp
from domain.cases import Case, CaseErased, TaskErased
from domain.checkouts import CheckoutFile
from domain.copying import replace
from domain.folding import CannotFold, Folded, Written, fold
from domain.history import entries
from domain.identity import Ids
from domain.order_events import OrderStateMoved, PersonErased, RemedyErased
from domain.order_evolve import REMEDY_KEPT_IN
from domain.order_file import OrderFile
from domain.orders import status
from domain.persons import without_person
from domain.policy import DEFAULT
from domain.run import Run
from domain.world import Aggregate, Ref, Step


@dataclass(frozen=True, slots=True)
class Rewritten:
    """An entry as it stands after the erasure. `words` None: they named nobody and stay."""

    entry: Written
    words: str | None


@dataclass(frozen=True, slots=True)
class Erased:
    """`entries`: the whole history, blanked, in its order. `steps`: what the erasure itself adds to history and outbox.

    `after` is the thing as it is to be kept.
    """

    entries: tuple[Rewritten, ...]
    steps: tuple[Step, ...]
    after: Folded


def erase(ref: Ref, stored: Folded, history: Sequence[Written], stamp: Stamp) -> Erased | None:
    """The thing without its person, done by `stamp`; None when there is nothing of a person left in it.

    `stored` is the thing as it is kept, `history` all its entries in order.
    """
    blanked = tuple(_blanked(entry) for entry in history)
    if blanked == tuple(history) and without_person(stored) is stored:
        return None
    bare, words = _again(ref, stored, history, blanked)
    run = Run(_Only(ref, bare), DEFAULT, stamp, Ids(stamp.cause_id))
    for event in _events(stored, bare):
        if isinstance(stored, Case):
            run.apply_case(ref.key, event)
        else:
            run.apply(ref, event, entity_id=event.entity_id if isinstance(event, RemedyErased) else ref.key)
    rewritten = tuple(Rewritten(entry, told) for entry, told in zip(blanked, words, strict=True))
    return Erased(rewritten, tuple(run.steps), cast("Folded", run.get(ref)))


@dataclass(frozen=True, slots=True)
class _Only:
    """A world with one thing."""

    ref: Ref
    thing: Aggregate

    def get(self, ref: Ref) -> Aggregate | None:
        return self.thing if ref == self.ref else None


def _blanked(entry: Written) -> Written:
    event, actor = without_person(entry.event), without_person(entry.stamp.actor)
    if event is entry.event and actor is entry.stamp.actor:
        return entry
    return Written(event, replace(entry.stamp, actor=actor))


def _again(
    ref: Ref, stored: Folded, history: Sequence[Written], blanked: Sequence[Written]
) -> tuple[Folded, list[str | None]]:
    """(the thing without its person, the words of every entry of its blanked history)."""
    try:
        *_, last = fold(ref, history)
        steps = list(fold(ref, blanked))
    except (CannotFold, ValueError):
        return without_person(stored), ["" for _ in blanked]
    bare = cast("Folded", steps[-1].after) if last.after == stored else without_person(stored)
    return bare, list(_words(steps, blanked))


def _words(steps: Iterable[Step], blanked: Iterable[Written]) -> Iterator[str | None]:
    told = iter([step for step in steps if not isinstance(step.event, OrderStateMoved)])
    for entry in blanked:
        if isinstance(entry.event, OrderStateMoved):
            yield None
        else:
            yield entries(next(told))[0].words


def _events(stored: Folded, bare: Folded) -> Iterator[object]:
    """What happened to the thing by losing its person: itself first, then each of its parts that lost something."""
    if isinstance(stored, Case):
        yield CaseErased(stored.case_id)
        after = cast("Case", bare).tasks
        yield from (TaskErased(stored.case_id, key) for key, task in stored.tasks.items() if after[key] != task)
        return
    if isinstance(stored, OrderFile):
        yield PersonErased(stored.version + 1, status(stored) if stored.known else None)
    else:
        yield PersonErased(0)
    for entity_type, name in REMEDY_KEPT_IN.items():
        before, now = getattr(stored, name, {}), getattr(bare, name, {})
        yield from (RemedyErased(entity_type, key) for key, remedy in before.items() if now[key] != remedy)


def is_erased(thing: Aggregate | None) -> bool:
    """Whether its person was taken out: shops and gateways that still speak of it say nothing of a person either."""
    if isinstance(thing, OrderFile):
        return thing.order is not None and not thing.order.customer.customer_id
    return isinstance(thing, CheckoutFile) and thing.customer is not None and not thing.customer.customer_id
