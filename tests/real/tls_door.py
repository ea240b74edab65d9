"""A TLS door before a PostgreSQL whose build has none: speaks PostgreSQL's own way into TLS, then passes bytes on."""

import select
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from tests.real.certificates import Pair

_SSL_REQUEST: Final = struct.pack(">II", 8, 80877103)


@contextmanager
def tls_door(host: str, port: int, pair: Pair) -> Iterator[int]:
    """The port of a door that lets nobody through without TLS."""
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
            threading.Thread(target=_pass_on, args=(client, context, host, port), daemon=True).start()

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


def _pass_on(client: socket.socket, context: ssl.SSLContext, host: str, port: int) -> None:
    with client, suppress(OSError):
        if client.recv(8) != _SSL_REQUEST:
            return
        client.sendall(b"S")
        inside = context.wrap_socket(client, server_side=True)
        with inside, socket.create_connection((host, port)) as server:
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
