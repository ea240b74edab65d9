"""Things as this process last wrote them, so that they need not be fetched and parsed again while nobody else wrote them."""

from collections.abc import Iterable, Mapping
from typing import Final

from domain.world import Aggregate, Ref

SIZE: Final = 4096
"""How many things are kept: some 50 MB of orders."""


class Kept:
    """Remembers each thing with the id of the transaction that wrote it, which PostgreSQL keeps in the row (`xmin`).

    A row with that very id holds that very thing: nothing has to be forgotten when a transaction fails, is doubted, or
    when others write. What was written longest ago gives way first. For one thread.
    """

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._things: dict[Ref, tuple[str, Aggregate]] = {}

    def remember(self, transaction: str, things: Mapping[Ref, Aggregate]) -> None:
        """Things that this transaction writes (or tries to)."""
        for ref, thing in things.items():
            self._things.pop(ref, None)
            self._things[ref] = transaction, thing
        while len(self._things) > self._size:
            del self._things[next(iter(self._things))]

    def transactions(self, refs: Iterable[Ref]) -> list[str]:
        """Those that wrote what is kept of these things."""
        return sorted({self._things[ref][0] for ref in refs if ref in self._things})

    def written_by(self, transaction: str, ref: Ref) -> Aggregate | None:
        """The thing as this transaction wrote it; None when another state of it, or none, is kept."""
        found = self._things.get(ref)
        return found[1] if found is not None and found[0] == transaction else None
