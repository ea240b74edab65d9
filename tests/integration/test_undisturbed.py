"""What has nothing to do with a command about an order that another worker has in hand is not held up by it."""

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
    """So many words of the warehouse, then a command about an order under this key, another behind it, then one word more."""
    sent = [batches.sent("status", "shop:1", f"s{n}") for n in range(before)]
    sent += [
        batches.sent("comment", order, key=key),
        batches.sent("comment", "shop:1"),
        batches.sent("status", "shop:2"),
    ]
    return [read(batches.rules.decode, message) for message in sent]


def undisturbed(batches: Batches, of: list[Input], held: str = "shop:0") -> tuple[list[Input], list[Input]]:
    with batches.connect() as other, other.transaction():
        other.execute("SELECT 1 FROM orders WHERE order_key = %s FOR UPDATE", (held,))
        return batches.writer.undisturbed(of)


def test_all_but_it_and_what_follows_it_in_its_partition_goes_first_and_nothing_stays_locked(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH)
    *words, command, behind, last = asked
    assert undisturbed(batches, asked) == ([*words, last], [command, behind])
    assert batches.writer.undisturbed(asked) == (asked, [])
    assert undisturbed(batches, asked) == ([*words, last], [command, behind]), "asking has kept no lock"


def test_what_came_before_it_in_its_partition_goes_first_too(batches: Batches) -> None:
    sent = [batches.sent("comment", "shop:1") for _ in range(WORTH)]
    sent += [batches.sent("comment", "shop:0", key=b"case-7"), batches.sent("comment", "shop:0", key=b"case-8")]
    asked = [read(batches.rules.decode, message) for message in sent]
    assert undisturbed(batches, asked) == (asked[:WORTH], asked[WORTH:])


def test_too_few_beside_it_wait_with_it(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH - 2)
    assert undisturbed(batches, asked) == (asked, [])


def test_only_an_order_that_somebody_holds_counts(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH)
    assert undisturbed(batches, asked, held="shop:1") == (asked, [])
    unknown = inputs(batches, before=WORTH, order="shop:404")
    assert undisturbed(batches, unknown) == (unknown, [])


def test_what_is_said_under_the_orders_own_key_is_one_workers(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH, key=b"shop:0")
    assert undisturbed(batches, asked) == (asked, [])


def test_a_database_that_does_not_answer_is_the_batchs_own_trouble(batches: Batches) -> None:
    asked = inputs(batches, before=WORTH)
    batches.writer.undisturbed(asked)
    with batches.connect() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test' AND pid <> pg_backend_pid()"
        )
    assert batches.writer.undisturbed(asked) == (asked, [])
