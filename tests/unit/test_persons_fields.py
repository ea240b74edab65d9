"""Which field is a person's, one by one; in things and in messages as they came (architecture.md 5a)."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.actors import ActorRef
from domain.facts import Customer
from domain.order_events import NoticeAsked
from domain.persons import differs_by_person, is_code, without_named_fields, without_person
from domain.vocabulary import ActorKind, NoticeKind


@dataclass(frozen=True, slots=True)
class Asked:
    """As every remedy says who it is from."""

    created_by: ActorRef | None
    asked_by: str
    comment: str | None = None
    reason: str | None = None
    custom_attributes: dict[str, str] = field(default_factory=dict)
    parts: tuple[Any, ...] = ()
    by_id: Any = None


ADA, ANNA = ActorRef("C-1", ActorKind.CUSTOMER, "Ada"), ActorRef("anna", ActorKind.AGENT, "Anna")


@pytest.mark.parametrize(
    ("thing", "bare"),
    [
        (Asked(ADA, "C-1"), Asked(ActorRef("", ActorKind.CUSTOMER), "")),
        (Asked(ANNA, "anna"), Asked(ANNA, "anna")),
        (Asked(None, "anna", comment="of Ada"), Asked(None, "anna", comment="")),
        (Asked(ANNA, "anna", reason="Ada rang"), Asked(ANNA, "anna", reason="")),
        (Asked(ANNA, "anna", reason="TOO_SMALL"), Asked(ANNA, "anna", reason="TOO_SMALL")),
        (Asked(ANNA, "anna", custom_attributes={"gift": "for Ada"}), Asked(ANNA, "anna", custom_attributes={})),
        (Asked(ANNA, "anna", parts=(Asked(ADA, "C-1"), 7, "word")), Asked(ANNA, "anna", parts=(Asked(ActorRef("", ActorKind.CUSTOMER), ""), 7, "word"))),
        (Asked(ANNA, "anna", by_id={"r": Customer(customer_id="C-1", email="a@example.org")}), Asked(ANNA, "anna", by_id={"r": Customer(customer_id="")})),
    ],
)  # fmt: skip
def test_what_is_a_persons_is_taken_out_of_every_part(thing: Asked, bare: Asked) -> None:
    assert without_person(thing) == bare


def test_a_mail_keeps_the_facts_that_name_nobody() -> None:
    said = {
        "order_id": "1001",
        "rma": "R-1",
        "tracking_link": "https://x/Ada",
        "reason": "Ada rang",
        "text": "Dear Ada",
    }
    for reason, left in (("Ada rang", ""), ("TOO_SMALL", "TOO_SMALL")):
        asked = NoticeAsked("n", NoticeKind.ORDER_CANCELLED, "ada@example.org", "en", {**said, "reason": reason})
        bare = without_person(asked)
        assert (bare.recipient, bare.kind, bare.language) == ("", asked.kind, "en")
        assert bare.facts == {"order_id": "1001", "rma": "R-1", "tracking_link": "", "reason": left, "text": ""}


@pytest.mark.parametrize(
    ("reason", "code"),
    [("A", True), ("TOO_SMALL", True), ("A1", True), ("A" * 64, True), ("A" * 65, False), ("", False), ("Too small", False),
     ("_A", False), ("1A", False), ("TOO SMALL", False), ("TOO_SMALL\n", False)],
)  # fmt: skip
def test_a_reason_is_a_code_or_words(reason: str, *, code: bool) -> None:
    assert is_code(reason) is code


@pytest.mark.parametrize(
    "name", ["comment", "recipient", "reason", "custom_attributes", "facts", "email", "street", "phone", "first_name"]
)
def test_nobody_is_shown_what_a_person_differs_by(name: str) -> None:
    assert differs_by_person(name)


@pytest.mark.parametrize("name", ["country", "language", "type", "order_id", "state", "amount_minor"])
def test_what_no_person_differs_by_may_be_shown(name: str) -> None:
    assert not differs_by_person(name)


def test_a_message_as_it_came_loses_the_same_fields_however_deep() -> None:
    came = {"order_id": "1", "comment": "Ada", "reason": "FIT", "n": 3, "none": None,
            "lines": [{"status": "LOST", "reason": "Ada rang", "response": "05"}, ["word"]], "comment_id": "c"}  # fmt: skip
    assert without_named_fields(came) == {
        "order_id": "1", "comment": "", "reason": "FIT", "n": 3, "none": None,
        "lines": [{"status": "LOST", "reason": "", "response": ""}, ["word"]], "comment_id": "c",
    }  # fmt: skip
    assert without_named_fields("comment") == "comment"
