"""The policy of all channels but those of the tests, as different as can be: whoever asks for the wrong one shows it."""

from dataclasses import replace

from domain.policy import (
    AppeasementPolicy,
    AutoRelease,
    CancelPolicy,
    CasePolicy,
    ChangePolicy,
    ExchangePolicy,
    NoticePolicy,
    Policies,
    Policy,
    RefundPolicy,
    ReshipmentPolicy,
    ReturnPolicy,
)
from domain.vocabulary import NoticeKind

CHANNEL = "web-de"
CHANNELS = (CHANNEL, "outlet")

ELSEWHERE = Policy(
    cancel=CancelPolicy(statuses=(), direct_at_warehouse=True, answer=7, reasons=("ELSEWHERE",)),
    changes=ChangePolicy(answer=7, reasons=("ELSEWHERE",)),
    returns=ReturnPolicy(
        auto_approve=False,
        window=7,
        transit=7,
        expire=7,
        manual_if_not_received=True,
        damaged="reject",
        restocking_fee={"EUR": 7},
        reasons=("ELSEWHERE",),
    ),
    refunds=RefundPolicy(
        auto_release=AutoRelease(False, False, False, False),
        at="RECEIVED",
        shipping="none",
        leg_order=("oldest",),
        answer=7,
        second_person_above={"EUR": 0},
    ),
    appeasements=AppeasementPolicy(agent_limit={"EUR": 0}, reasons=("ELSEWHERE",)),
    exchanges=ExchangePolicy(mode="HOLD", overdue=7, reasons=("ELSEWHERE",)),
    reshipments=ReshipmentPolicy(complete=7, reasons=("ELSEWHERE",)),
    cases=CasePolicy(services=(), reminder=7, close=7, sla={}, auto_resolve_lines=False, not_shipped=7, declined=7),
    notices=NoticePolicy(off=tuple(NoticeKind), internal_recipient="elsewhere@example.org"),
)


def of_these_channels(policies: Policies) -> Policies:
    """The same policies, meant for the channels of the tests alone; every other channel has ELSEWHERE."""
    if CHANNEL in policies.channels:
        return policies
    channels = {**dict.fromkeys(CHANNELS, policies.default), **policies.channels}
    past = {version: of_these_channels(then) for version, then in policies.past.items()}
    return replace(policies, channels=channels, default=ELSEWHERE, past=past)
