"""Customers who were erased: what shops still say of their orders and checkouts is taken in without its person.

What warehouses, gateways and notifiers say of such an order is known by the order itself (domain.erasure.is_erased).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from consumers.inputs import Input
from domain.facts import CheckoutEvent, OrderEvent
from domain.persons import without_person
from storage import erasures

Named = Mapping[bytes, list[Input]]


def customers_of(inputs: Iterable[Input]) -> Named:
    """The inputs that name a customer, by how an erased customer is remembered."""
    named: defaultdict[bytes, list[Input]] = defaultdict(list)
    for one in inputs:
        match one.content:
            case OrderEvent(order=order):
                named[erasures.digest(order.sales_channel, order.customer.customer_id)].append(one)
            case CheckoutEvent(sales_channel=channel, customer=customer):
                named[erasures.digest(channel, customer.customer_id)].append(one)
    return named


def blank(named: Named, erased: Iterable[tuple[bytes]]) -> None:
    """Takes the person out of the inputs of these customers."""
    for (customer,) in erased:
        for one in named[bytes(customer)]:
            one.content = without_person(one.content)
