"""Aggregates, replies and events survive being kept as JSON text."""

from collections.abc import Hashable
from typing import Any, cast, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain import cancellations, cases, exchanges, order_events, refunds, reshipments, returns
from domain.order_file import OrderFile
from domain.quantities import Bucket, Units
from domain.world import Aggregate, Reply
from storage.documents import DocumentBroken, from_json, to_json
from tests.integration.any_value import any_value
from tests.integration.stored import order_file

PATIENT = settings(max_examples=15, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", [*get_args(Aggregate), Reply], ids=lambda kind: kind.__name__)
def test_what_is_kept_comes_back_the_same(kind: type[Any]) -> None:
    @PATIENT
    @given(any_value(cast("Hashable", kind)))
    def round_trip(value: Any) -> None:
        assert from_json(kind, to_json(value)) == value

    round_trip()


EVENTS = [
    kind
    for module in (cancellations, cases, exchanges, order_events, refunds, reshipments, returns)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and kind.__module__.startswith("domain.") and hasattr(kind, "__dataclass_fields__")
]


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_every_event_can_be_kept_in_the_history_and_read_again(kind: type[Any]) -> None:
    @settings(PATIENT, max_examples=3)
    @given(any_value(cast("Hashable", kind)))
    def round_trip(value: Any) -> None:
        assert from_json(kind, to_json(value)) == value

    round_trip()


def test_dictionaries_by_line_number_and_by_bucket_keep_their_keys() -> None:
    file = order_file("1001", "shop-eu")
    again = from_json(OrderFile, to_json(file))
    assert list(again.lines) == [1]
    assert again.lines[1].units == Units({Bucket.SHIPPED: 1, Bucket.RECEIVED: 1}, left=1)
    assert all(isinstance(bucket, Bucket) for bucket in again.lines[1].units.buckets)


def test_a_document_of_an_older_version_gets_the_defaults_of_what_is_new() -> None:
    again = from_json(OrderFile, '{"sales_channel": "shop", "order_id": "1", "no_longer_there": 1}')
    assert again == OrderFile(sales_channel="shop", order_id="1")


@given(st.sampled_from(["", "{", '{"sales_channel": 1, "order_id": "secret"}', '{"order_id": "secret"}']))
def test_a_broken_document_says_where_and_not_what(text: str) -> None:
    with pytest.raises(DocumentBroken) as caught:
        from_json(OrderFile, text)
    assert "OrderFile" in str(caught.value)
    assert "secret" not in str(caught.value)
