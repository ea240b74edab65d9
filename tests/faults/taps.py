"""Catches the moments that matter in passing: a batch's COMMIT, and the end of a Kafka transaction, asked and answered.

A hook is called with the connection and the bytes, and says whether they may pass on. Hooks may cut the connection, or
kill, or stop the process at its end.
"""

import re
import struct
from collections.abc import Callable
from typing import Final

from tests.faults.proxy import Connection

Hook = Callable[[Connection, bytes], bool]

LOOP: Final = b"ordercase-loop"
_COMMITTED: Final = b"C\x00\x00\x00\x0bCOMMIT\x00"
"""CommandComplete with the tag COMMIT."""
_PREPARED: Final = re.compile(rb"P.{4}(_pg3_\d+)\0COMMIT\0", re.S)
ADD_PARTITIONS_TO_TXN: Final = 24
END_TXN: Final = 26
TXN_OFFSET_COMMIT: Final = 28
"""Kafka's api keys."""


class Watch:
    """`asked`: the end of a transaction is asked for; `answered`: it has happened. Both are told once and forgotten.

    `only`: of transactions that wrote this, where the watch can tell.
    """

    def __init__(self) -> None:
        self.asked: Hook | None = None
        self.answered: Hook | None = None
        self.only = b""

    def forget(self) -> None:
        self.asked = self.answered = None
        self.only = b""

    def _ask(self, connection: Connection, data: bytes) -> bool:
        hook, self.asked = self.asked, None
        return hook is None or hook(connection, data)

    def _answer(self, connection: Connection, data: bytes) -> bool:
        hook, self.answered = self.answered, None
        return hook is None or hook(connection, data)


class DatabaseWatch(Watch):
    """Sees the COMMITs of batches; other sessions pass unseen."""

    def to_server(self, connection: Connection, data: bytes) -> bytes:
        if connection.name != LOOP:
            return data
        connection.notes["wrote"] = connection.notes.get("wrote") or (self.only and self.only in data)
        names: set[bytes] = connection.notes.setdefault("commits", set())  # type: ignore[assignment]
        names |= set(_PREPARED.findall(data))
        ends = any(b"\0" + name + b"\0" in data for name in names)
        if self.asked is not None and ends and self._meant(connection):
            return data if self._ask(connection, data) else b""
        return data

    def to_client(self, connection: Connection, data: bytes) -> bytes:
        if connection.name != LOOP or _COMMITTED not in data:
            return data
        meant = self.answered is not None and self._meant(connection)
        connection.notes["wrote"] = False
        return data if not meant or self._answer(connection, data) else b""

    def _meant(self, connection: Connection) -> bool:
        return not self.only or bool(connection.notes.get("wrote"))


class KafkaWatch(Watch):
    """Sees the requests of one kind. Has to be there from a connection's first byte, to know the frames.

    `watched`: the kind, requests that end transactions unless said otherwise. `events`: whether the transaction that is
    open has any; one worker's alone is under way here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.watched = END_TXN
        self.events = False

    def forget(self) -> None:
        super().forget()
        self.watched = END_TXN

    def to_server(self, connection: Connection, data: bytes) -> bytes:
        frames = _frames(connection)
        passed = b""
        for frame in frames.cut(True, data):
            api, _version, correlation = struct.unpack_from(">hhi", frame, 4)
            if api in (ADD_PARTITIONS_TO_TXN, END_TXN):
                self.events = api == ADD_PARTITIONS_TO_TXN
            if api == self.watched:
                frames.ending.add(correlation)
                if not self._ask(connection, frame):
                    continue
            passed += frame
        return passed

    def to_client(self, connection: Connection, data: bytes) -> bytes:
        frames = _frames(connection)
        passed = b""
        for frame in frames.cut(False, data):
            (correlation,) = struct.unpack_from(">i", frame, 4)
            if correlation in frames.ending:
                frames.ending.discard(correlation)
                if not self._answer(connection, frame):
                    continue
            passed += frame
        return passed


class _Frames:
    """Kafka's requests and answers of one connection. `ending`: correlation ids of requests of the kind that is watched."""

    def __init__(self) -> None:
        self.ending: set[int] = set()
        self._rest = {True: b"", False: b""}

    def cut(self, up: bool, data: bytes) -> list[bytes]:
        """The frames that are whole now."""
        buffer, found, at = self._rest[up] + data, [], 0
        while len(buffer) - at >= 4 and len(buffer) - at >= (size := 4 + struct.unpack_from(">i", buffer, at)[0]):
            found.append(buffer[at : at + size])
            at += size
        self._rest[up] = buffer[at:]
        return found


def _frames(connection: Connection) -> _Frames:
    return connection.notes.setdefault("kafka", _Frames())  # type: ignore[return-value]
