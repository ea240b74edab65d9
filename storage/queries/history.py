"""What happened to an order or a case, entry by entry."""

import json
from typing import Any, Final

from sqlalchemy import Connection, select

from storage.tables import history

_H = history.c

COLUMNS: Final = (_H.happened_at, _H.recorded_at, _H.actor_id, _H.actor_kind, _H.actor_name, _H.kind, _H.words, _H.event,
                  _H.data, _H.cause_id)  # fmt: skip


def entries(connection: Connection, entity_kind: str, entity_key: str) -> list[dict[str, Any]]:
    """Oldest first, in the order recorded: happened_at, recorded_at (µs), actor {id, name, kind}, kind, words, event
    (type name), data (its JSON, parsed), cause_id."""
    wanted = select(*COLUMNS).where(_H.entity_kind == entity_kind, _H.entity_key == entity_key).order_by(_H.id)
    return [
        {
            "happened_at": row["happened_at"],
            "recorded_at": row["recorded_at"],
            "actor": {"id": row["actor_id"], "name": row["actor_name"], "kind": row["actor_kind"]},
            "kind": row["kind"],
            "words": row["words"],
            "event": row["event"],
            "data": json.loads(row["data"]),
            "cause_id": row["cause_id"],
        }
        for row in connection.execute(wanted).mappings()
    ]
