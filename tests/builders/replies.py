"""An order that commands are sent to for the sake of what they answer, and what an answer is about."""

from collections.abc import Mapping
from typing import Any

from domain.policy import DEFAULT
from domain.vocabulary import EntityType
from domain.world import Reply
from tests.builders.desk import Desk, line, shipping, with_policy

SHIRT = (line(1, 2, 4000, tax=638), shipping(9, 500))


def paid(**policy: Any) -> Desk:
    """Two shirts and shipping, all paid and delivered."""
    desk = Desk(with_policy(DEFAULT, "refunds", **policy))
    desk.place(*SHIRT, captured=4500)
    desk.ships(2)
    desk.delivers(2)
    return desk


def about(reply: Reply) -> tuple[EntityType | None, str | None, int | None]:
    return reply.entity_type, reply.entity_id, reply.version


def only(things: Mapping[str, Any]) -> str:
    return next(iter(things))
