"""Orders with which nothing goes wrong, however the news of them arrives."""

from ordercase.simulate.stories.steps import delivered, ends, named, opened, paid, shipped
from ordercase.simulate.story import Script, Story


def _all_delivered(s: Story, **cases: str) -> Script[None]:
    units = s.basket.units()
    s.tell(f"{named(s, units)} delivered")
    yield from ends(s, "COMPLETE", {number: {"delivered": quantity} for number, quantity in units.items()}, cases=cases)


def plain(s: Story) -> Script[None]:
    """Placed, paid, picked, packed, shipped, delivered; the shop says COMPLETE at the end."""
    yield from paid(s)
    yield from delivered(s)
    s.shop.update(status="COMPLETE")
    yield from s.order_shows(shop_status="COMPLETE")
    yield from _all_delivered(s)


def in_parcels(s: Story) -> Script[None]:
    """The first line goes out a day before the others."""
    yield from paid(s)
    units = s.basket.units()
    first, rest = {1: units[1]}, {n: q for n, q in units.items() if n != 1}
    yield from shipped(s, first)
    yield from s.order_shows(status="PARTIALLY_COMPLETE", lines={1: {"status": "SHIPPED"}, 2: {"status": "NEW"}})
    yield from shipped(s, rest)
    s.warehouse.says("DELIVERED", units)
    s.tell("in two parcels")
    yield from _all_delivered(s)


def out_of_order(s: Story) -> Script[None]:
    """Money and parcels are heard of before the order itself; all of it waits, then counts."""
    s.gateway.authorises()
    s.gateway.takes()
    s.warehouse.fulfils(s.basket.units())
    yield from s.pause(0.2)
    s.shop.place()
    s.tell("heard of last")
    yield from _all_delivered(s)


def said_twice(s: Story) -> Script[None]:
    """Every message comes twice, and once more an old one."""
    s.echo = True
    yield from paid(s)
    yield from delivered(s)
    s.shop.stale()
    s.shop.update(shipping_method="express")
    s.tell("every message sent twice")
    yield from _all_delivered(s)


def lost_and_found(s: Story) -> Script[None]:
    """A parcel counts as lost, and then it arrives after all."""
    yield from paid(s)
    yield from shipped(s)
    units = s.basket.units()
    s.warehouse.says("LOST", {1: units[1]})
    yield from s.order_shows(lines={1: {"buckets": {"lost": units[1]}, "status": "LOST"}})
    yield from opened(s, "shipment_lost")
    s.warehouse.says("DELIVERED", units)
    s.tell("lost and found")
    yield from _all_delivered(s, shipment_lost="RESOLVED")
