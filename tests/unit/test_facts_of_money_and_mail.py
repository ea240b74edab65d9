"""What shop, gateway and notifier say of checkouts, payments and mails is kept by its own time (domain.md 2, 10)."""

from typing import Any

from domain import commands as c
from domain import facts as f
from domain.actors import ActorRef
from domain.order_events import Noted, NoticeAnswered, NoticeAsked
from domain.reference_data import Notice
from domain.run import order_ref
from domain.vocabulary import (
    ActorKind,
    CheckoutKind,
    NoticeStatus,
    PaymentKind,
)
from domain.world import Effect, Kind, Outcome, Ref
from tests.builders.checkouts import checkout
from tests.builders.desk import CHANNEL, START, Desk, line, uid

K = PaymentKind


# Checkouts and payments


def tells(desk: Desk, revision: int, **fields: Any) -> Outcome:
    fields = {
        "kind": CheckoutKind.STARTED,
        "currency": "EUR",
        "customer": f.Customer(customer_id="C-1"),
        "lines": (),
        **fields,
    }
    return desk.feed(desk.fact(f.CheckoutEvent, revision=revision, sales_channel=CHANNEL, checkout_id="CO-1", **fields))


def test_a_checkout_is_kept_as_it_was_told_last() -> None:
    desk = Desk()
    assert tells(desk, 2, lines=(line(1, 1, 700), line(2, 1, 300)), account_id="A-1").effect is Effect.APPLIED
    made = checkout(desk)
    assert (made.kind, made.revision, made.currency, made.account, made.total_minor) == (
        CheckoutKind.STARTED,
        2,
        "EUR",
        "A-1",
        1000,
    )
    assert (made.created_at, made.created_by) == (desk.at, ActorRef("shop", ActorKind.SHOP))
    for late in (1, 2):
        assert tells(desk, late, kind=CheckoutKind.FAILED).effect is Effect.STALE
    assert "revision 2" in desk.events(Noted)[-1].words
    first = desk.at
    tells(desk, 3, kind=CheckoutKind.COMPLETED)
    assert (checkout(desk).kind, checkout(desk).account, checkout(desk).total_minor) == (
        CheckoutKind.COMPLETED,
        "C-1",
        0,
    )
    assert checkout(desk).created_at < first


def test_a_payment_gives_a_checkout_its_currency_until_the_shop_does() -> None:
    desk = Desk()
    desk.pays(K.CAPTURED, 5, order_id=None, checkout_id="CO-1", currency="USD")
    assert checkout(desk).currency == "USD"
    created = checkout(desk).created_at
    tells(desk, 1, currency="EUR")
    assert (checkout(desk).currency, checkout(desk).created_at) == ("EUR", created)


def test_a_payment_of_nobody_we_know_waits_for_its_order() -> None:
    desk = Desk()
    outcome = desk.pays(K.CAPTURED, 5)
    assert (outcome.effect, outcome.waits_for, outcome.changed) == (Effect.WAITS, order_ref(CHANNEL, "1001"), {})


# Mails


def test_the_notifiers_word_is_kept_with_the_mail_the_newest_by_its_time() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.cancels((1, 1))
    [asked] = desk.events(NoticeAsked)

    def word(status: NoticeStatus, at: int, notice_id: str = asked.notice_id) -> Effect:
        return desk.feed(
            desk.fact(f.NoticeReceipt, notice_id=notice_id, status=status, reason="why", occurred_at=at)
        ).effect

    assert word(NoticeStatus.FAILED, START + 10) is Effect.APPLIED
    assert desk.events(NoticeAnswered) == [NoticeAnswered(asked.notice_id, asked.kind, NoticeStatus.FAILED, "why")]
    assert desk.outcomes[-1].steps[0].stamp.actor == ActorRef("notifier", ActorKind.NOTIFIER)
    assert word(NoticeStatus.SENT, START + 10) is Effect.STALE
    assert word(NoticeStatus.SENT, START + 11) is Effect.APPLIED
    mail = desk.get(Ref(Kind.NOTICE, asked.notice_id))
    assert isinstance(mail, Notice)
    assert (mail.status, mail.status_at, mail.recipient, mail.order_id) == (
        NoticeStatus.SENT,
        START + 11,
        "c1@example.org",
        "1001",
    )
    assert word(NoticeStatus.SENT, START + 12, uid("nobody's")) is Effect.IGNORED


def test_a_mail_of_a_case_is_told_in_its_case() -> None:
    desk = Desk()
    desk.place(line(1, 1, 1000))
    desk.pays(K.CAPTURE_FAILED, 10, "P2")
    [case_id] = desk.file().concerns.values()
    desk.send(c.AddComment, case_id=case_id, text="we look into it", public=True)
    asked = desk.events(NoticeAsked)[-1]
    assert asked.case_id == case_id
    desk.feed(desk.fact(f.NoticeReceipt, notice_id=asked.notice_id, status=NoticeStatus.SENT))
    assert desk.outcomes[-1].steps[-1].ref.key == case_id
