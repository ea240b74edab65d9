"""At a group's first start commands are read only after the past: every other inbound partition up to the end that it
had then (domain.md 10). A command sees what was committed before it, and answers at once."""

from collections.abc import Collection, Mapping
from typing import Any

import psycopg

from schemas.topics import COMMANDS
from storage import positions
from storage.positions import Partition, Position


def may_read_commands(connection: psycopg.Connection[Any], group_id: str, inbound: Collection[Partition]) -> bool:
    """Whether commands may be read. Once they may, they always may."""
    return _open(positions.read(connection, group_id), inbound)


def _open(known: Mapping[Partition, Position], inbound: Collection[Partition]) -> bool:
    if any(topic == COMMANDS and position.caught_up_at for (topic, _), position in known.items()):
        return True
    others = [name for name in inbound if name[0] != COMMANDS]
    return all(name in known and known[name].next_offset >= known[name].first_end for name in others)
