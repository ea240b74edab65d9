"""What a warehouse finds in a parcel that came back: broken, wrong, too little, too much, nothing at all."""

from ordercase.simulate.agent import Agent
from ordercase.simulate.basket import Value
from ordercase.simulate.stories.returns import NOTICES, announced, settled, went
from ordercase.simulate.stories.steps import (
    REFUND,
    RETURN,
    Units,
    at_the_door,
    delivered,
    ends,
    named,
    one_back,
    opened,
    owed,
    released,
)
from ordercase.simulate.story import Script, Story
from ordercase.simulate.warehouse import good

WAY = ("REQUESTED", "APPROVED", "RECEIVED", "SETTLED")


def _paid_before(s: Story, units: Units) -> Script[Value]:
    """A return whose money is back before the parcel is here."""
    due = owed(s, units)
    made = yield from announced(s, units)
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    return made


def _decided(s: Story, made: Value, verdict: str, **more: object) -> Script[None]:
    yield from s.agent.is_refused("not_permitted", "DecideReturnLine", return_id=made["return_id"], line_number=1,
                                  verdict=verdict, **more)  # fmt: skip
    yield from Agent(s, "approver").does("DecideReturnLine", return_id=made["return_id"], line_number=1,
                                         verdict=verdict, **more)  # fmt: skip
    yield from s.shows(RETURN, made["return_id"], state="SETTLED")
    went(s, made["return_id"], *WAY)


def _looked_at(s: Story) -> Script[None]:
    """The money was back before the goods were rejected: somebody must know, and then does."""
    yield from s.order_shows(attention=["action_partial"])
    yield from s.agent.does("ClearAttention", attention=["action_partial"])


def damaged_and_rejected(s: Story) -> Script[None]:
    """The goods come back broken, and a person says no, although the money is gone."""
    yield from delivered(s)
    made = yield from _paid_before(s, {1: 1})
    s.warehouse.gets_back(made["rma"], good({1: 1}, "DAMAGED"))
    yield from s.shows(RETURN, made["return_id"], state="RECEIVED", lines={1: {"decision": "NEEDS_PERSON"}})
    yield from _decided(s, made, "REJECT")
    yield from _looked_at(s)
    s.begin_with(f"return of {named(s, {1: 1})} damaged and rejected")
    yield from ends(s, "COMPLETE", one_back(s, "return_rejected"), *NOTICES)


def accepted_in_part(s: Story) -> Script[None]:
    """A part of its worth for broken goods; the money is back already, so it moves units only."""
    yield from delivered(s)
    made = yield from _paid_before(s, {1: 1})
    s.warehouse.gets_back(made["rma"], good({1: 1}, "DAMAGED"))
    yield from s.shows(RETURN, made["return_id"], state="RECEIVED")
    yield from _decided(s, made, "ACCEPT_PART", percent=40)
    yield from s.shows(RETURN, made["return_id"], lines={1: {"decision": "ACCEPTED_PART", "percent": 40}})
    s.begin_with(f"return of {named(s, {1: 1})} damaged, accepted in part")
    yield from ends(s, "COMPLETE", one_back(s, "back_damaged"), *NOTICES)


def another_thing(s: Story) -> Script[None]:
    """Something else is in the parcel. Accepted: ours is lost; rejected: it is still the customer's."""
    yield from delivered(s)
    made = yield from _paid_before(s, {1: 1})
    s.warehouse.gets_back(made["rma"], good({1: 1}, "WRONG_ITEM"))
    yield from s.shows(RETURN, made["return_id"], lines={1: {"transport": "WRONG_ITEM", "decision": "NEEDS_PERSON"}})
    accepted = s.chance.random() < 0.5
    yield from _decided(s, made, "ACCEPT" if accepted else "REJECT")
    if not accepted:
        yield from _looked_at(s)
    s.begin_with(f"something else than {named(s, {1: 1})} came back, {'accepted' if accepted else 'rejected'}")
    yield from ends(s, "COMPLETE", one_back(s, "lost") if accepted else at_the_door(s), *NOTICES)


def lost_on_the_way_back(s: Story) -> Script[None]:
    """The parcel back is lost: a person decides, and the unit is lost whatever they say."""
    yield from delivered(s)
    made = yield from _paid_before(s, {1: 1})
    s.warehouse.gets_back(made["rma"], good({1: 1}, "LOST"))
    yield from s.shows(RETURN, made["return_id"], lines={1: {"transport": "LOST", "decision": "NEEDS_PERSON"}})
    yield from _decided(s, made, "ACCEPT")
    s.begin_with(f"return of {named(s, {1: 1})} lost on its way")
    yield from ends(s, "COMPLETE", one_back(s, "lost"), *NOTICES)


def more_than_announced(s: Story) -> Script[None]:
    """One is announced and two come: the second is a return of its own, paid too."""
    yield from delivered(s)
    made = yield from _paid_before(s, {1: 1})
    due = owed(s, {1: 1})
    s.warehouse.gets_back(made["rma"], good({1: 2}))
    yield from settled(s, made["return_id"], {1: 1})
    blind = yield from s.only(RETURN, blind=True)
    yield from released(s, due, kind="RETURN", return_id=blind.id)
    yield from settled(s, blind.id, {1: 1})
    s.begin_with(f"two of {named(s, {1: 1})} came back, one was announced")
    buckets = at_the_door(s)
    buckets[1] = {"delivered": buckets[1]["delivered"] - 2, "back_good": 2}
    yield from ends(s, "COMPLETE", buckets, *NOTICES, *NOTICES)


def nobody_s_parcel(s: Story) -> Script[None]:
    """Everything is back, and one more comes: it belongs to nobody, and a person must look."""
    yield from delivered(s)
    units = s.basket.units()
    made = yield from _paid_before(s, units)
    s.warehouse.gets_back(made["rma"], good(units))
    yield from settled(s, made["return_id"], units)
    s.warehouse.gets_back(None, good({1: 1}))
    yield from opened(s, "return_unmatched")
    s.begin_with(f"return of {named(s, units)}, and one more came")
    buckets = {number: {"back_good": quantity} for number, quantity in units.items()}
    yield from ends(s, "COMPLETE", buckets, *NOTICES, cases={"return_unmatched": "NEW"})


def called_off_too_late(s: Story) -> Script[None]:
    """Once the money is on its way or the goods are here, a return cannot be called off."""
    yield from delivered(s)
    s.gateway.answers.append("silent")
    due = owed(s, {1: 1})
    made = yield from announced(s, {1: 1})
    yield from s.only(REFUND, state="PENDING_RELEASE", return_id=made["return_id"])
    yield from s.agent.is_refused("wrong_state", "CancelReturn", return_id=made["return_id"], reason="keeps it")
    s.warehouse.gets_back(made["rma"], good({1: 1}))
    yield from s.shows(RETURN, made["return_id"], state="RECEIVED")
    yield from s.agent.is_refused("wrong_state", "CancelReturn", return_id=made["return_id"], reason="keeps it")
    yield from s.until("the request", lambda: s.gateway.unanswered)
    s.gateway.speaks()
    yield from released(s, due, kind="RETURN", return_id=made["return_id"])
    yield from settled(s, made["return_id"], {1: 1})
    s.begin_with(f"return of {named(s, {1: 1})} not called off any more")
    yield from ends(s, "COMPLETE", one_back(s), *NOTICES)
