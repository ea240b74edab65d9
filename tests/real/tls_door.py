"""TLS doors before real systems that have none: what is inside passes on as it is; the client's side is the real one."""

import base64
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final

from tests.real.certificates import Pair

_SSL_REQUEST: Final = struct.pack(">II", 8, 80877103)
_WHO: Final = b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Let = Callable[[socket.socket, ssl.SSLContext], None]
"""What happens to one who comes to the door."""


@contextmanager
def tls_door(host: str, port: int, pair: Pair) -> Iterator[int]:
    """The port of a door before a PostgreSQL, in PostgreSQL's own way into TLS, that lets nobody through without."""
    with _door(pair, partial(_to_postgres, host, port)) as ours:
        yield ours


@contextmanager
def https_door(host: str, port: int, pair: Pair, login: str) -> Iterator[int]:
    """The port of a door before an HTTP server that lets nobody through without TLS and `login` ("user:password")."""
    with _door(pair, partial(_to_http, host, port, login)) as ours:
        yield ours


@contextmanager
def _door(pair: Pair, let: Let) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_come_in, args=(client, context, let), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _come_in(client: socket.socket, context: ssl.SSLContext, let: Let) -> None:
    with client, suppress(OSError):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        let(client, context)


def _server(host: str, port: int) -> socket.socket:
    server = socket.create_connection((host, port))
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or each answer waits for an acknowledgement
    return server


def _to_postgres(host: str, port: int, client: socket.socket, context: ssl.SSLContext) -> None:
    if client.recv(8) != _SSL_REQUEST:
        return
    client.sendall(b"S")
    inside = context.wrap_socket(client, server_side=True)
    with inside, _server(host, port) as server:
        while _moved(inside, server):
            pass


def _to_http(host: str, port: int, login: str, client: socket.socket, context: ssl.SSLContext) -> None:
    """The login is asked for at the first request of a connection, which holds for those that follow on it."""
    inside = context.wrap_socket(client, server_side=True)
    with inside:
        head = b""
        while b"\r\n\r\n" not in head:
            octets = inside.recv(65_536)
            if not octets:
                return
            head += octets
        if b"authorization: basic " + base64.b64encode(login.encode()).lower() not in head.lower():
            inside.sendall(_WHO)
            return
        with _server(host, port) as server:
            server.sendall(head)
            while _moved(inside, server):
                pass


def _moved(inside: ssl.SSLSocket, server: socket.socket) -> bool:
    """Passes on what is there, both ways, in one thread: OpenSSL allows one at a time. False: an end is closed."""
    ready = [inside] if inside.pending() else select.select([inside, server], [], [])[0]
    for source in ready:
        octets = source.recv(65_536)
        if not octets:
            return False
        (server if source is inside else inside).sendall(octets)
    return True
