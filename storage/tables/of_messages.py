"""What is kept of messages: which were read, which wait, which are parked, which go out."""

from typing import Any, Final

from sqlalchemy import Boolean, CheckConstraint, Column, Index, LargeBinary, Table, UniqueConstraint, text, true
from sqlalchemy.dialects.postgresql import UUID

from storage.tables.columns import INLINE, flag, key, long, metadata, number, octets, running_number, words

PURGED: Final = {"autovacuum_vacuum_scale_factor": "0.02"}
"""For tables that lose a little of their oldest all the time: by default that would lie there until it is a fifth."""

commands: Final = Table(
    "commands",
    metadata,
    Column("command_id", UUID(as_uuid=False), primary_key=True),
    words("reply", null=False),
    octets("digest", null=False),
    long("received_at", null=False),
    postgresql_with=PURGED,
)
"""The answer (JSON) to every command that was not a dry run, for the same answer again. Purged with the inbox."""

Index("commands_by_age", commands.c.received_at)

erasures: Final = Table(
    "erasures",
    metadata,
    Column("customer", LargeBinary, primary_key=True),
    long("since_at", null=False),
    long("outbox_head"),
)
"""Customers whose personal data was erased, each as a hash of sales channel and customer id. What comes of them later is
kept without its person. `outbox_head`: what was to be published up to here may still hold it; null: not done yet."""

inbox: Final = Table(
    "inbox",
    metadata,
    key("kind"),
    Column("message_id", UUID(as_uuid=False), primary_key=True),
    octets("digest", null=False),
    long("received_at", null=False),
    postgresql_partition_by="HASH (message_id)",
)
"""What was read already. `kind` is the topic. Eight partitions `inbox_0` … `inbox_7`, each with the
settings PURGED; purged by `received_at`."""

INBOX_PARTITIONS: Final = 8

Index("inbox_by_age", inbox.c.received_at)
# No BRIN: rows of all ages come to lie in the space that purged ones leave, and then every range may hold old ones.

conflicts: Final = Table(
    "conflicts",
    metadata,
    running_number(),
    words("topic", null=False),
    number("partition", null=False),
    long("offset", null=False),
    Column("message_id", UUID(as_uuid=False), nullable=False),
    octets("digest", null=False),
    long("since", null=False),
)
"""Messages under an id that came with other content before. The first won; this is the record of the second."""

input_position: Final = Table(
    "input_position",
    metadata,
    key("group_id"),
    key("topic"),
    number("partition", primary_key=True, null=False, autoincrement=False),
    words("topic_id", null=False, server_default=text("''")),
    long("next_offset", null=False),
    long("first_end", null=False, server_default=text("0")),
    long("caught_up_at"),
    postgresql_with={"fillfactor": "50"},
)
"""Where reading goes on. `first_end`: the end that the partition had when its row was made. `caught_up_at`: when the
worker last had read all there was."""


def _as_received() -> tuple[Column[Any], ...]:
    return (
        running_number(),
        words("topic", null=False),
        number("partition", null=False),
        long("offset", null=False),
        octets("key"),
        octets("value"),
        words("headers", null=False, server_default=text("'[]'")),
        long("since", null=False),
    )


waiting: Final = Table(
    "waiting",
    metadata,
    *_as_received(),
    words("waits_kind", null=False),
    words("waits_key", null=False),
    UniqueConstraint("topic", "partition", "offset"),
)
"""`id` is the order in which the rows of one key are tried again."""

Index("waiting_for", waiting.c.waits_kind, waiting.c.waits_key, waiting.c.id)
Index("waiting_by_key", waiting.c.topic, waiting.c.key)

parked: Final = Table(
    "parked",
    metadata,
    *_as_received(),
    words("reason", null=False),
    words("sentence", null=False),
    words("error_class", null=False),
    flag("behind"),
    Column("blocks", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("topic", "partition", "offset"),
)
"""`behind`: nothing is wrong with it but with one before it. `blocks`: later messages of its topic and key park
behind it."""

Index("parked_by_key", parked.c.key, parked.c.topic, parked.c.id)

parked_audit: Final = Table(
    "parked_audit",
    metadata,
    running_number(),
    words("action", null=False),
    long("parked_id"),
    words("topic", null=False),
    number("partition", null=False),
    long("offset", null=False),
    words("reason", null=False),
    words("by", null=False),
    long("at", null=False),
)
"""What people did with parked messages: `action` replayed, discarded, added."""

outbox: Final = Table(
    "outbox",
    metadata,
    long("seq", primary_key=True, null=False, autoincrement=False),
    Column("event_id", UUID(as_uuid=False), nullable=False),
    words("topic", null=False),
    octets("key"),
    octets("value"),
    words("headers", null=False),
    long("recorded_at", null=False),
    postgresql_with={**INLINE, "autovacuum_vacuum_scale_factor": "0", "autovacuum_vacuum_threshold": "20000"},
)

outbox_head: Final = Table(
    "outbox_head",
    metadata,
    Column("only", Boolean, CheckConstraint('"only"', name="one_head"), primary_key=True, server_default=true()),
    long("seq", null=False, server_default=text("0")),
    postgresql_with={"fillfactor": "50"},
)
"""One row: the last number given. Taken last in a transaction, so that `outbox.seq` is dense and in commit order."""

relay_position: Final = Table(
    "relay_position",
    metadata,
    key("group_id"),
    long("position", null=False),
    words("last_event_id"),
    long("updated_at", null=False),
)
"""A copy of where the relay is, for `doctor`; the truth is on Kafka (without transactions: here)."""

policy_versions: Final = Table(
    "policy_versions",
    metadata,
    key("version"),
    words("text", null=False),
    long("since_at", primary_key=True, null=False, autoincrement=False),
)
"""One row each time that another policy took effect; the same version again after others has another row."""
