"""What cannot be so is named, each for itself; what every story leads to is sound."""

from dataclasses import replace
from typing import Any

import pytest

from domain.checkouts import CheckoutFile
from domain.order_file import OrderFile
from domain.quantities import Bucket
from domain.soundness import unsound
from domain.vocabulary import LegState, RefundState
from tests.builders.day import a_day


@pytest.fixture(scope="module", name="files")
def _files() -> list[OrderFile | CheckoutFile]:
    return [thing for thing, _ in a_day().values() if isinstance(thing, OrderFile | CheckoutFile)]


def test_whatever_happened_it_is_sound(files: list[OrderFile | CheckoutFile]) -> None:
    assert [(file.key, list(unsound(file))) for file in files if any(unsound(file))] == []


def refunded(files: list[Any]) -> OrderFile:
    """An order with a refund that was released."""
    return next(
        file
        for file in files
        if isinstance(file, OrderFile)
        and file.lines
        and any(refund.state is RefundState.RELEASED and len(refund.legs) == 1 for refund in file.refunds.values())
    )


def with_line(file: OrderFile, **changes: Any) -> OrderFile:
    number = min(file.lines)
    return replace(file, lines={**file.lines, number: replace(file.lines[number], **changes)})


def with_refund(file: OrderFile, **changes: Any) -> OrderFile:
    refund = next(r for r in file.refunds.values() if r.state is RefundState.RELEASED)
    return replace(file, refunds={**file.refunds, refund.refund_id: replace(refund, **changes)})


def test_each_thing_that_cannot_be_is_named(files: list[Any]) -> None:
    file = refunded(files)
    line = file.lines[min(file.lines)]
    refund = next(r for r in file.refunds.values() if r.state is RefundState.RELEASED)
    units = line.units
    more = {**units.buckets, Bucket.OPEN: units.at(Bucket.OPEN) + 1}
    held = {**units.buckets, Bucket.RETURN_ANNOUNCED: units.at(Bucket.RETURN_ANNOUNCED) + 1}
    asked = {**units.buckets, Bucket.CANCEL_ASKED: units.at(Bucket.CANCEL_ASKED) + 1}
    amount = refund.lines[0]
    broken = {
        "units of": with_line(file, units=replace(units, buckets=more)),
        "units are announced": with_line(file, units=replace(units, buckets=held)),
        "asked to be stopped": with_line(file, units=replace(units, buckets=asked)),
        "units are replaced, ": with_line(file, units=replace(units, spent={Bucket.OPEN: 99})),
        "given and left are worth": with_line(file, value=replace(line.value, gross=line.value.gross + 1)),
        "its lines less what came off": with_refund(file, fee_minor=refund.fee_minor + 1),
        "ask for": with_refund(file, legs=(replace(refund.legs[0], amount_minor=refund.amount_minor + 1),)),
        "do not fit together": with_refund(file, lines=(replace(amount, net_minor=amount.net_minor + 1), *refund.lines[1:])),
        "not every leg is confirmed": with_refund(file, legs=(replace(refund.legs[0], state=LegState.SENT),)),
        "are asked back of 0 captured": replace(file, operations=()),
    }  # fmt: skip
    for says, one in broken.items():
        assert any(says in found for _, found in unsound(one)), says
