"""What comes before a command about an order that another worker has in hand is not held up by it."""

from collections.abc import Iterator

import pytest

from consumers.batch import WORTH
from consumers.inputs import Input, read
from tests.integration.batches import Batches


@pytest.fixture(name="batches")
def _batches(database_url: str) -> Iterator[Batches]:
    with Batches(database_url) as batches:
        batches.run(*(batches.sent("order", f"shop:{n}") for n in range(3)))
        yield batches


def inputs(batches: Batches, *, before: int, order: str = "shop:0", key: bytes = b"case-7") -> list[Input]:
    """So many words of the warehouse, then a command about an order under this key, then one word more."""
    sent = [batches.sent("status", "shop:1", f"s{n}") for n in range(before)]
    sent += [batches.sent("comment", order, key=key), batches.sent("status", "shop:2", "last")]
    return [read(batches.rules.decode, message) for message in sent]


def undisturbed(batches: Batches, of: list[Input], held: str = "shop:0") -> int:
    with batches.connect() as other, other.transaction():
        other.execute("SELECT 1 FROM orders WHERE order_key = %s FOR UPDATE", (held,))
        return batches.writer.undisturbed(of)


def test_all_before_it_go_first_and_nothing_stays_locked(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH)
    assert undisturbed(batches, asked) == WORTH
    assert batches.writer.undisturbed(asked) == WORTH + 2
    assert undisturbed(batches, asked) == WORTH, "asking has kept no lock"


def test_too_few_before_it_wait_with_it(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH - 1)
    assert undisturbed(batches, asked) == len(asked)


def test_only_an_order_that_somebody_holds_counts(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH)
    assert undisturbed(batches, asked, held="shop:1") == len(asked)
    unknown = inputs(batches, before=WORTH, order="shop:404")
    assert undisturbed(batches, unknown) == len(unknown)


def test_what_is_said_under_the_orders_own_key_is_one_workers(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH, key=b"shop:0")
    assert undisturbed(batches, asked) == len(asked)


def test_a_database_that_does_not_answer_is_the_batchs_own_trouble(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH)
    batches.writer.undisturbed(asked)
    with batches.connect() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test' AND pid <> pg_backend_pid()"
        )
    assert batches.writer.undisturbed(asked) == len(asked)
