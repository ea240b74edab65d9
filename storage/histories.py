"""Histories as the events they are made of, to be folded again or rewritten without a person."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import psycopg

from domain.actors import ActorRef, Stamp
from domain.erasure import Rewritten
from domain.folding import EVENTS, Written
from domain.vocabulary import ActorKind
from domain.world import Kind, Ref
from storage.documents import DocumentBroken, from_json, to_json
from storage.recordset import parameter

Connection = psycopg.Connection[Any]
Kept = tuple[int, Written]
"""An entry with its number."""

_OF: Final = """
SELECT entity_key, id, event, data, happened_at, recorded_at, actor_id, actor_kind, actor_name, cause_id
FROM history WHERE entity_kind = %s AND entity_key = ANY (%s) ORDER BY entity_kind, entity_key, id
"""

# A column that is null in `r` stays: the words of an entry that named nobody.
_REWRITE: Final = """
UPDATE history SET data = r.data, words = coalesce(r.words, history.words), actor_id = r.actor_id,
    actor_name = r.actor_name
FROM json_to_recordset(%s::json) AS r (id bigint, data text, words text, actor_id text, actor_name text)
WHERE history.id = r.id
"""


def of(
    connection: Connection, kind: Kind, keys: Collection[str], broken: dict[str, str] | None = None
) -> Mapping[str, list[Kept]]:
    """The histories of these things, each in its order.

    Raises DocumentBroken for an entry that cannot be read; with `broken`, it says there of which thing, and goes on.
    """
    found: defaultdict[str, list[Kept]] = defaultdict(list)
    for key, number, event, *rest in connection.execute(_OF, (kind, list(keys))):
        try:
            found[key].append((number, _written(event, *rest)))
        except DocumentBroken as error:
            if broken is None:
                raise
            broken[key] = str(error)
    return found


def _written(
    event: str, data: str, happened_at: int, recorded_at: int, actor_id: str, kind: str, name: str | None, cause_id: str
) -> Written:
    known = EVENTS.get(event)
    if known is None:
        raise DocumentBroken(f"an entry of the history is a {event}, which this version does not know")
    actor = ActorRef(actor_id, ActorKind(kind), name)
    return Written(from_json(known, data), Stamp(recorded_at, actor, cause_id, happened_at))


def notices_of(history: Iterable[Kept]) -> set[Ref]:
    """The mails that were asked for in it."""
    return {
        Ref(Kind.NOTICE, entry.event.notice_id)
        for _, entry in history
        if type(entry.event).__name__ == "NoticeAsked" and entry.event.recipient is not None
    }


def rewrite(connection: Connection, entries: Iterable[tuple[int, Rewritten]]) -> None:
    """Puts entries in the place of what stood under their numbers. Nothing but an erasure may do this."""
    rows = [
        {
            "id": number,
            "data": to_json(one.entry.event).decode(),
            "words": one.words,
            "actor_id": one.entry.stamp.actor.id,
            "actor_name": one.entry.stamp.actor.name,
        }
        for number, one in entries
    ]
    connection.execute(_REWRITE, (parameter(rows),))
