"""How far the worker is: positions, outbox, relay. What `doctor`, readiness and metrics ask."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from storage.tables import input_position, outbox, outbox_head, policy_versions, relay_position


@dataclass(frozen=True, slots=True)
class Outbox:
    """`head`: last number given. `position`: the next to publish by the mirror, None before the first. `pending` events
    are not published yet; `oldest_at` (µs) is the time of the first of them."""

    head: int
    position: int | None
    pending: int
    oldest_at: int | None


def outbox_of(connection: Connection, group_id: str) -> Outbox:
    """The outbox as the relay of this group sees it, by the mirror of its position."""
    head = connection.execute(select(outbox_head.c.seq)).scalar_one_or_none() or 0
    mirrored = select(relay_position.c.position).where(relay_position.c.group_id == group_id)
    position = connection.execute(mirrored).scalar_one_or_none()
    pending = max(0, head - (position or 1) + 1)
    oldest = None
    if pending:
        oldest = connection.execute(
            select(outbox.c.recorded_at).where(outbox.c.seq >= (position or 0)).order_by(outbox.c.seq).limit(1)
        ).scalar_one_or_none()
    return Outbox(head, position, pending, oldest)


def positions(connection: Connection, group_id: str) -> dict[tuple[str, int], int]:
    """(topic, partition) → the next offset that this group reads."""
    wanted = select(input_position.c.topic, input_position.c.partition, input_position.c.next_offset)
    rows = connection.execute(wanted.where(input_position.c.group_id == group_id))
    return {(row.topic, row.partition): row.next_offset for row in rows}


def policies(connection: Connection) -> list[tuple[str, int]]:
    """(version, since when in µs) of every policy that was ever in force, oldest first."""
    wanted = select(policy_versions.c.version, policy_versions.c.since_at).order_by(policy_versions.c.since_at)
    return [(row.version, row.since_at) for row in connection.execute(wanted)]


def server(connection: Connection) -> tuple[int, int]:
    """(the server's version as a number, 180006; its clock in µs since 1970 UTC)."""
    version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    clock = connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one()
    return version, int(clock * 1_000_000)
