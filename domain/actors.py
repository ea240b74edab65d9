"""Who did it: the reference that every change, record and history entry carries."""

from dataclasses import dataclass

from domain.making import quickly_made
from domain.vocabulary import ActorKind


@dataclass(frozen=True, slots=True)
class ActorRef:
    """`id` is the agent's user id, the customer's, the source's, the gateway's, or the name of the role of a machine."""

    id: str
    kind: ActorKind
    name: str | None = None


SYSTEM = ActorRef("system", ActorKind.SYSTEM)


@quickly_made
@dataclass(frozen=True, slots=True)
class Stamp:
    """When (µs UTC) the worker recorded a change, who made it, and the root id that caused it (uuid as text).

    `happened_at`: when it happened outside, if the world said so.
    """

    at: int
    actor: ActorRef
    cause_id: str
    happened_at: int | None = None
