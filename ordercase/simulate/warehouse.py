"""The warehouse: picks, packs, ships, delivers and loses parcels, takes goods back, answers cancellations."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ordercase.simulate.basket import Value
from ordercase.simulate.shop import change_answer

if TYPE_CHECKING:
    from ordercase.simulate.story import Story

STATUS = "warehouse.status.v1"
SOURCE = "WH-NORTH"

Units = Mapping[int, int]
"""Line number → units."""


class Warehouse:
    """One story's warehouse. Orders are named by id, since an exchange or reshipment is shipped from here too."""

    def __init__(self, story: "Story") -> None:
        self.story = story
        self.shipments = 0
        self.receipts = 0

    def says(self, status: str, units: Units, order_id: str | None = None) -> None:
        """RECEIVED, ONHOLD, PICKED, PACKED, DECLINED, BACKORDERED, DELIVERED or LOST for these units."""
        lines = [{"line_number": n, "quantity": q, "status": status} for n, q in sorted(units.items()) if q]
        self._tell("warehouse.LineStatus", order_id, {"source_id": SOURCE, "lines": lines})

    def ships(self, units: Units, order_id: str | None = None) -> None:
        """One shipment; every line in a box of its own."""
        self.shipments += 1
        shipment = f"{order_id or self.story.order_id}-S{self.shipments}"
        boxes = [self._box(shipment, number, quantity) for number, quantity in sorted(units.items()) if quantity]
        self._tell("warehouse.Shipment", order_id, {"shipment_id": shipment, "source_id": SOURCE, "packages": boxes})

    def fulfils(self, units: Units, order_id: str | None = None) -> None:
        """The whole way of these units to the customer's door."""
        for status in ("RECEIVED", "PICKED", "PACKED"):
            self.says(status, units, order_id)
        self.ships(units, order_id)
        self.says("DELIVERED", units, order_id)

    def gets_back(self, rma: str | None, lines: Iterable[Value], *, complete: bool = True,
                  order_id: str | None = None) -> None:  # fmt: skip
        """A parcel of returned goods was opened: `lines` as ReceiptLine."""
        self.receipts += 1
        receipt = {"receipt_id": f"{order_id or self.story.order_id}-B{self.receipts}", "rma": rma,
                   "source_id": SOURCE, "lines": list(lines), "complete": complete}  # fmt: skip
        self._tell("warehouse.ReturnReceipt", order_id, receipt)

    def answers(self, cancellation: Value, confirmed: Units) -> None:
        """The answer to a cancellation that was asked: what is not confirmed is refused.

        Answers count the units that the warehouse was asked for; what was open is cancelled already.
        """
        lines = []
        for line in cancellation["lines"]:
            owed = line["asked"] - line["confirmed"] - line["refused"]
            yes = min(owed, confirmed.get(line["line_number"], 0))
            if owed:
                answer = {"line_number": line["line_number"], "confirmed": yes, "refused": owed - yes}
                lines.append(answer | ({"reason": "already packed"} if owed > yes else {}))
        self._tell("warehouse.CancellationAnswer", None, {"cancellation_id": cancellation["cancellation_id"],
                                                          "source_id": SOURCE, "lines": lines})  # fmt: skip

    def refuses_late(self, cancellation: Value, units: Units) -> None:
        """An answer that a shipment has overtaken: no, these are on their way already."""
        lines = [
            {"line_number": n, "confirmed": 0, "refused": q, "reason": "shipped"} for n, q in sorted(units.items())
        ]
        self._tell("warehouse.CancellationAnswer", None, {"cancellation_id": cancellation["cancellation_id"],
                                                          "source_id": SOURCE, "lines": lines})  # fmt: skip

    def answers_change(self, change: Value, *, confirmed: bool) -> None:
        """What the warehouse says to a change that it was asked for."""
        self._tell("warehouse.ChangeAnswer", None, change_answer(change, confirmed))

    def _tell(self, record: str, order_id: str | None, value: Value) -> None:
        order_id = order_id or self.story.order_id
        about = {"sales_channel": self.story.market.channel, "order_id": order_id}
        self.story.fact(STATUS, record, order_id, about | value)

    @staticmethod
    def _box(shipment: str, number: int, quantity: int) -> Value:
        return {"box_number": str(number), "carrier": "parcel post", "tracking_number": f"T-{shipment}-{number}",
                "lines": [{"line_number": number, "quantity": quantity}]}  # fmt: skip


def good(units: Units, outcome: str = "GOOD") -> list[Value]:
    """Receipt lines for these units, all with one outcome."""
    return [{"line_number": n, "quantity": q, "outcome": outcome} for n, q in sorted(units.items()) if q]
