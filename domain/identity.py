"""Ids derived from their cause, so that whatever is done twice is recognisable (contract.md 4)."""

from collections import Counter
from uuid import UUID, uuid5

from domain.vocabulary import EntityType


class Ids:
    """Hands out the ids of everything new that one cause makes: uuid5(cause, "<entity_type>:<n>"), n from 0.

    One instance serves one handling of one input; the same input handled again gets the same ids.
    """

    def __init__(self, cause_id: str) -> None:
        self.cause_id = cause_id
        self._cause = UUID(cause_id)
        self._made: Counter[str] = Counter()

    def _next(self, name: str) -> str:
        n = self._made[name]
        self._made[name] += 1
        return str(uuid5(self._cause, f"{name}:{n}"))

    def new(self, entity_type: EntityType | str) -> str:
        """The id of the next new entity of this type ("leg" for legs, which are no entities of the contract)."""
        return self._next(str(entity_type))

    def event(self, entity_id: str) -> str:
        """The id of the next outbound event about this entity."""
        return self._next(f"event:{entity_id}")
