"""A TCP proxy that does to connections what networks do: slow, silent, cut, half open, and blind for a reply that matters.

Kafka advertises the proxies as its addresses, so its clients cannot go round them.
"""

import re
import socket
import struct
import threading
import time
from contextlib import suppress
from random import random
from typing import Final, Protocol

CHUNK: Final = 65_536
TICK: Final = 0.02
SENT_AGAIN: Final = 0.2
"""Seconds after which TCP sends again what was not acknowledged; then twice as many, and so on."""
_RESET: Final = struct.pack("ii", 1, 0)
_NAME: Final = re.compile(rb"application_name\0([^\0]*)\0")


class Tap(Protocol):
    """Looks at what passes and may hold it back: each answers the bytes to pass on."""

    def to_server(self, connection: "Connection", data: bytes) -> bytes: ...

    def to_client(self, connection: "Connection", data: bytes) -> bytes: ...

    def forget(self) -> None:
        """Everything passes."""
        ...


class Link:
    """One address in front of another. Attributes may be set at any time, from any thread.

    `delay`: seconds that each piece needs, each way. `rate`: bytes a second each way, 0 for any. `loss`: the share of
    pieces that are lost, and come when TCP has sent them again. `silent`: nothing is passed on, all of it comes when this ends. `refusing`: new connections are cut at once. `tap`: sees every byte.
    """

    def __init__(self, target: tuple[str, int], tap: Tap | None = None) -> None:
        self.target = target
        self.delay = 0.0
        self.rate = 0
        self.loss = 0.0
        self.silent = False
        self.refusing = False
        self.tap = tap
        self.passed = 0
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True, name=f"proxy-{self.port}").start()

    def heal(self) -> None:
        """Passes everything on as if nothing was between."""
        self.delay, self.rate, self.loss, self.silent, self.refusing = 0.0, 0, 0.0, False, False
        if self.tap is not None:
            self.tap.forget()

    def reset(self) -> int:
        """Cuts every connection with a RST to both ends; how many those were."""
        with self._lock:
            cut = list(self._connections)
        for connection in cut:
            connection.reset()
        return len(cut)

    def leave_half_open(self) -> int:
        """Cuts every connection at the server's end alone; the client hears nothing any more. How many those were."""
        with self._lock:
            cut = list(self._connections)
        for connection in cut:
            connection.half_open = True
            _cut(connection.server)
        return len(cut)

    def ports(self) -> list[tuple[int, int]]:
        """Of each connection the client's own port, and ours towards the server."""
        with self._lock:
            return [one.ports for one in self._connections]

    def close(self) -> None:
        """Nobody gets through any more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
        self._listener.close()
        self.reset()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refusing:
                _cut(client)
                continue
            try:
                server = socket.create_connection(self.target, timeout=5)
            except OSError:
                _cut(client)
                continue
            server.settimeout(None)
            try:
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection = Connection(self, client, server)
            except OSError:  # the client has gone already
                _cut(client)
                _cut(server)
                continue
            with self._lock:
                self._connections.add(connection)
            connection.start()

    def forget(self, connection: "Connection") -> None:
        with self._lock:
            self._connections.discard(connection)


class Connection:
    """One client's connection to one server. `name`: what PostgreSQL's client calls itself. `notes`: a tap's own."""

    def __init__(self, link: Link, client: socket.socket, server: socket.socket) -> None:
        self.link, self.client, self.server = link, client, server
        self.ports = (client.getpeername()[1], server.getsockname()[1])
        self.name = b""
        self.half_open = self.is_cut = False
        self._pumps = 2
        self._pumps_lock = threading.Lock()
        self.notes: dict[str, object] = {}

    def start(self) -> None:
        for source, sink, up in ((self.client, self.server, True), (self.server, self.client, False)):
            threading.Thread(target=self._pump, args=(source, sink, up), daemon=True).start()

    def reset(self) -> None:
        """Cuts both ends with a RST."""
        self.is_cut = True  # or a pump would say goodbye before the reset
        self.link.forget(self)
        for end in (self.client, self.server):
            _cut(end)

    def _pump(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        link = self.link
        with suppress(OSError):  # cut by either end, or by us: the other end is told below
            while data := source.recv(CHUNK):
                if link.delay:
                    time.sleep(link.delay)
                if link.rate:
                    time.sleep(len(data) / link.rate)
                again = SENT_AGAIN
                while random() < link.loss:
                    time.sleep(again)
                    again *= 2
                while link.silent:
                    time.sleep(TICK)
                if up and not self.name and (said := _NAME.search(data)):
                    self.name = said[1]
                if link.tap is not None:
                    data = (link.tap.to_server if up else link.tap.to_client)(self, data)
                link.passed += len(data)
                sink.sendall(data)
        if self.half_open or self.is_cut:
            return
        self._end(source, sink)
        with self._pumps_lock:
            self._pumps -= 1
            last = not self._pumps
        if last:
            self.client.close()
            self.server.close()

    def _end(self, source: socket.socket, sink: socket.socket) -> None:
        self.link.forget(self)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            source.shutdown(socket.SHUT_RD)


def _cut(end: socket.socket) -> None:
    """Closes with a RST, and wakes whoever reads from it."""
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    with suppress(OSError):
        end.shutdown(socket.SHUT_RD)
    end.close()
