"""Where things of a customer are, and taking a person out of what is kept beside orders, checkouts and cases.

Run in a transaction that keeps batches out (parking.own): what was found does not grow meanwhile.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any, Final

import psycopg

from domain.world import Kind, Ref, Reply
from storage import parking
from storage.documents import from_json, to_json
from storage.messages import TopicKey

Connection = psycopg.Connection[Any]

REASON: Final = "erased"
"""Why a parked message of an erased customer was discarded."""

_QUOTING: Final = ("wrong_account", "not_permitted", "channel_not_permitted", "self_approval", "not_your_account")
"""Refusals whose sentence names an account or an actor, which may be the customer."""


def orders_of(connection: Connection, channel: str, customer_id: str) -> list[Ref]:
    query = "SELECT order_key FROM order_search WHERE sales_channel = %s AND customer_id = %s ORDER BY order_key"
    return _refs(Kind.ORDER, connection.execute(query, (channel, customer_id)))


def checkouts_of(connection: Connection, channel: str, customer_id: str) -> list[Ref]:
    query = "SELECT checkout_key FROM checkouts WHERE sales_channel = %s AND customer_id = %s ORDER BY checkout_key"
    return _refs(Kind.CHECKOUT, connection.execute(query, (channel, customer_id)))


def cases_of(connection: Connection, channel: str, customer_id: str) -> list[Ref]:
    """Cases of the customer as an account: those that name no order too."""
    query = "SELECT case_id FROM cases WHERE sales_channel = %s AND account_id = %s ORDER BY case_id"
    return _refs(Kind.CASE, connection.execute(query, (channel, customer_id)))


def interactions_of(connection: Connection, channel: str, customer_id: str) -> list[Ref]:
    query = "SELECT interaction_id FROM interactions WHERE sales_channel = %s AND account_id = %s ORDER BY 1"
    return _refs(Kind.INTERACTION, connection.execute(query, (channel, customer_id)))


def around_order(connection: Connection, key: str) -> set[Ref]:
    """The cases, interactions and mails about an order."""
    channel, _, order_id = key.partition(":")
    cases = connection.execute("SELECT case_id FROM cases WHERE orders @> ARRAY[%s]", (key,))
    talks = "SELECT interaction_id FROM interactions WHERE sales_channel = %s AND order_id = %s"
    mails = "SELECT notice_id FROM notices WHERE sales_channel = %s AND order_id = %s"
    return {
        *_refs(Kind.CASE, cases),
        *_refs(Kind.INTERACTION, connection.execute(talks, (channel, order_id))),
        *_refs(Kind.NOTICE, connection.execute(mails, (channel, order_id))),
    }


def around_checkout(connection: Connection, key: str) -> set[Ref]:
    """The cases and interactions about a checkout; its mails stand in its history."""
    channel, _, checkout_id = key.partition(":")
    query = "SELECT case_id FROM cases WHERE sales_channel = %s AND checkout_id = %s"
    talks = "SELECT interaction_id FROM interactions WHERE sales_channel = %s AND checkout_id = %s"
    return {
        *_refs(Kind.CASE, connection.execute(query, (channel, checkout_id))),
        *_refs(Kind.INTERACTION, connection.execute(talks, (channel, checkout_id))),
    }


def around_cases(connection: Connection, case_ids: Collection[str]) -> set[Ref]:
    """The mails about these cases."""
    query = "SELECT notice_id FROM notices WHERE case_id = ANY (%s)"
    return set(_refs(Kind.NOTICE, connection.execute(query, (list(case_ids),))))


def _refs(kind: Kind, rows: Iterable[Any]) -> list[Ref]:
    return [Ref(kind, row[0]) for row in rows]


def drop_published(connection: Connection, group_id: str, keys: Collection[str]) -> int:
    """Takes published messages with these keys out of the outbox; how many that were.

    What is not published yet goes its way: later numbers were promised already. The row before the relay's position stays
    without its value, since the relay asks for it by its number and event id when it starts.
    """
    mirror = connection.execute("SELECT position FROM relay_position WHERE group_id = %s", (group_id,)).fetchone()
    if mirror is None:
        return 0
    wanted = [key.encode() for key in keys]
    gone = connection.execute("DELETE FROM outbox WHERE seq < %s AND key = ANY (%s)", (mirror[0] - 1, wanted)).rowcount
    return gone + connection.execute(
        "UPDATE outbox SET key = NULL, value = NULL, headers = '[]' WHERE seq = %s AND key = ANY (%s)",
        (mirror[0] - 1, wanted),
    ).rowcount  # fmt: skip


def unpublished(connection: Connection, group_id: str, keys: Collection[str], until: int) -> int:
    """How many messages with these keys, numbered up to `until`, are still to be published."""
    query = (
        "SELECT count(*) FROM outbox WHERE key = ANY (%s) AND seq <= %s"
        " AND seq >= coalesce((SELECT position FROM relay_position WHERE group_id = %s), 0)"
    )
    row = connection.execute(query, ([key.encode() for key in keys], until, group_id)).fetchone()
    return int(row[0]) if row else 0


def still_in_outbox(connection: Connection, head: int) -> bool:
    """Whether messages from before this number are there still: the relay takes them out once they are published."""
    row = connection.execute("SELECT EXISTS (SELECT FROM outbox WHERE seq < %s)", (head,)).fetchone()
    return bool(row and row[0])


def parked_under(connection: Connection, keys: Collection[str]) -> bool:
    """Whether anything is parked under one of these keys."""
    query = "SELECT EXISTS (SELECT FROM parked WHERE key = ANY (%s))"
    row = connection.execute(query, ([key.encode() for key in keys],)).fetchone()
    return bool(row and row[0])


def discard_parked(connection: Connection, keys: Collection[str], by: str, at: int) -> list[TopicKey]:
    """Discards what is parked under these keys, and keeps that it was. The topic and key of each."""
    query = 'SELECT id, topic, partition, "offset", key FROM parked WHERE key = ANY (%s) ORDER BY id'
    found = connection.execute(query, ([key.encode() for key in keys],)).fetchall()
    parking.remove(connection, [row[0] for row in found])
    for number, topic, partition, offset, _ in found:
        parking.audit(connection, "discarded", number, (topic, partition, offset), REASON, by, at)
    return [(topic, bytes(key)) for _, topic, _, _, key in found]


def parked_naming(
    connection: Connection, topics: Collection[str], channel: str, names: Callable[[str, bytes], bool]
) -> set[str]:
    """The keys of messages parked on these topics whose value names the customer, whatever order they are about."""
    query = (
        "SELECT topic, key, value FROM parked WHERE topic = ANY (%s) AND value IS NOT NULL AND position(%s IN key) = 1"
    )
    rows = connection.execute(query, (list(topics), f"{channel}:".encode())).fetchall()
    return {key.decode(errors="replace") for topic, key, value in rows if names(topic, value)}


def rewrite_waiting(connection: Connection, key: str, bare: Callable[[str, bytes], bytes]) -> None:
    """Takes the person out of messages that wait for a line of this order."""
    query = "SELECT id, topic, value FROM waiting WHERE waits_kind = %s AND waits_key = %s AND value IS NOT NULL"
    for number, topic, value in connection.execute(query, (Kind.ORDER, key)).fetchall():
        connection.execute("UPDATE waiting SET value = %s WHERE id = %s", (bare(topic, value), number))


def silence_replies(connection: Connection, customer_id: str) -> int:
    """Takes the words out of stored answers that name the customer; code and state stay. How many that were."""
    changed = 0
    rows = connection.execute("SELECT command_id, reply FROM commands WHERE position(%s IN reply) > 0", (customer_id,))
    for command_id, text in rows.fetchall():
        reply = from_json(Reply, text)
        if reply.code in _QUOTING and customer_id in reply.message:
            bare = to_json(replace(reply, message="")).decode()
            connection.execute("UPDATE commands SET reply = %s WHERE command_id = %s", (bare, command_id))
            changed += 1
    return changed
