"""Numbers and answers that were told outside are given again to the same causes, and to nobody else."""

from typing import Any

import pytest

from consumers.told import AsTold, hear_all
from domain.facts import Fact
from domain.policy import DEFAULT, Policies
from domain.reference_data import Counter
from domain.world import Aggregate, Effect, Kind, Outcome, Ref, Reply, World

RMA = Ref(Kind.COUNTER, "rma")


class Counters:
    """A world of counters alone."""

    def __init__(self, **last: int) -> None:
        self.now: dict[Ref, Aggregate] = {
            Ref(Kind.COUNTER, name): Counter(series=name, last=at) for name, at in last.items()
        }

    def get(self, ref: Ref) -> Aggregate | None:
        return self.now.get(ref)


def return_made(cause_id: str, rma: str, version: int = 1) -> tuple[str, dict[str, Any]]:
    return "postsales.ReturnChanged", {"version": version, "cause_id": cause_id, "rma": rma}


def credited(refund_id: str, cause_id: str, number: str | None) -> tuple[str, dict[str, Any]]:
    value = {"refund_id": refund_id, "cause_id": cause_id, "sales_channel": "web-de", "credit_note_number": number}
    return "postsales.RefundChanged", value


def answered(command_id: str, code: str | None, at: int, **more: Any) -> tuple[str, dict[str, Any]]:
    value = {"command_id": command_id, "code": code, "occurred_at": at, "dry_run": False}
    return "replies.CommandResult", value | more


def two_returns(message: Any, world: World, policies: Policies, at: int, /) -> Outcome:
    """Rules that give two numbers to whatever comes, as domain.run does."""
    del message, policies, at
    first = world.get(RMA)
    last = first.last if isinstance(first, Counter) else 0
    reply = Reply(command_id="c", accepted=True, message=f"{last + 1} {last + 2}", occurred_at=99)
    return Outcome(effect=Effect.APPLIED, changed={RMA: Counter(series="rma", last=last + 2)}, reply=reply)


def numbers(rules: AsTold, world: Counters, cause_id: str) -> str:
    outcome = rules(Fact(event_id=cause_id, occurred_at=1), world, DEFAULT, 7)
    world.now |= outcome.changed
    assert outcome.reply is not None
    return outcome.reply.message


def test_each_cause_gets_its_numbers_again_in_whatever_order_they_come() -> None:
    told = hear_all(
        [return_made("a", "RMA-5"), return_made("a", "RMA-6"), return_made("b", "RMA-7"), return_made("b", "RMA-8")]
    )
    rules, world = AsTold(told, two_returns), Counters(rma=4)
    assert numbers(rules, world, "b") == "7 8"
    assert numbers(rules, world, "a") == "5 6"
    assert world.now[RMA] == Counter(series="rma", last=8), "a counter never goes back"


def test_a_cause_that_was_told_nothing_gets_numbers_that_nobody_has() -> None:
    rules, world = AsTold(hear_all([return_made("a", "RMA-5")]), two_returns), Counters(rma=2)
    assert numbers(rules, world, "new") == "6 7"
    assert numbers(rules, world, "newer") == "8 9"


def test_the_database_may_be_ahead_of_what_was_told() -> None:
    rules = AsTold(hear_all([return_made("a", "RMA-5")]), two_returns)
    assert numbers(rules, Counters(rma=20), "new") == "21 22"


def test_a_credit_note_is_numbered_by_what_first_brought_it_and_later_versions_tell_nothing_new() -> None:
    told = hear_all([
        credited("r", "asked", None), credited("r", "confirmed", "web-de-CN-00000012"),
        credited("r", "reversed", "web-de-CN-00000012"), return_made("later", "RMA-3", version=2),
    ])  # fmt: skip
    assert told.numbers == {("confirmed", "credit_note:web-de"): 12}
    assert told.last == {"credit_note:web-de": 12}


@pytest.mark.parametrize(("code", "differ"), [(None, {}), ("wrong_state", {"c": ("wrong_state", None)})])
def test_the_same_answer_is_given_at_the_same_time_and_another_one_is_named(code: str | None, differ: object) -> None:
    told = hear_all([answered("c", code, 41), answered("c", "later", 50), answered("d", None, 42, dry_run=True)])
    rules = AsTold(told, two_returns)
    reply = rules(Fact(event_id="e", occurred_at=1), Counters(rma=0), DEFAULT, 7).reply
    assert reply is not None
    assert reply.occurred_at == (99 if differ else 41)
    assert rules.differ == differ
    assert "d" not in told.answers


def test_only_the_last_time_that_a_command_is_decided_counts() -> None:
    """A batch is decided again when it turns out to need more than was locked."""
    rules = AsTold(hear_all([answered("c", None, 41)]), two_returns)
    rules.differ["c"] = None, "unknown_order"
    rules(Fact(event_id="e", occurred_at=1), Counters(), DEFAULT, 7)
    assert rules.differ == {}
