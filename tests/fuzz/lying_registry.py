"""A schema registry over HTTP that lies: what it answers depends on nothing but the id that is asked for."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

from schemas.catalogue import schema_of
from tests.fuzz.hostile import RECORDS
from tests.fuzz.strangers import stranger

Answer = tuple[int, bytes]

_BODIES: Final[tuple[Callable[[], Any], ...]] = (
    dict, list, lambda: None, lambda: 7, lambda: "schema", lambda: [{"schema": "x"}], lambda: {"schema": None},
    lambda: {"schema": 5}, lambda: {"schema": {}}, lambda: {"schema": "{}", "schemaType": "PROTOBUF"},
    lambda: {"schema": "syntax = 'proto3';"}, lambda: {"schema": "{}", "schemaType": 4},
    lambda: {"schema": '"string"', "references": 3}, lambda: {"schema": '"string"', "references": [{}]},
    lambda: {"schema": '"string"', "metadata": "m"}, lambda: {"schema": '"string"', "ruleSet": []},
    lambda: {"schema": "x" * 10_000_000}, lambda: {"id": "seven", "version": []}, lambda: True,
)  # fmt: skip
_RAW: Final = (b"", b"{", b"<html>504</html>", b"\xff\xfe", b"[" * 200_000, b'{"schema": "\\ud800"}', b"9" * 5_000)
_STATUSES: Final = (200, 200, 200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503)


def _answer(path: str) -> Answer:
    chance = Random(path)
    status = chance.choice(_STATUSES)
    if status >= 300:
        body = chance.choice(
            (b"", b"{}", b"[]", b"7", b'{"error_code": 40403, "message": "no"}', b'{"error_code": "x"}')
        )
        return status, body
    match chance.randrange(4):
        case 0:
            return status, chance.choice(_RAW)
        case 1:
            return status, json.dumps(chance.choice(_BODIES)()).encode()
        case _:
            _, record = chance.choice(RECORDS)
            text = stranger(schema_of(record), chance) if chance.random() < 0.7 else schema_of(record).text
            known = {"schema": text, "id": chance.choice((1, 0, -1, 2**40)), "version": 1, "subject": "s"}
            return status, json.dumps(known).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._say(_answer(urlsplit(self.path).path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._say(_answer(f"{urlsplit(self.path).path}{len(body)}"))

    def _say(self, answer: Answer) -> None:
        status, body = answer
        self.send_response(status)
        self.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is the library's)
        del format, args


@contextmanager
def lying_registry() -> Iterator[str]:
    """Its URL, for as long as it lives."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
