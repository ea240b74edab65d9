"""`/health/live`, `/health/ready` and `/metrics` of a running worker, on the standard library's server."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from ordercase.errors import UserError, environment

QUIET: Final = 60.0
"""Seconds without a turn of a part's loop after which the process counts as stuck."""

StartResponse = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Check:
    """`ok`, and a word on why or why not, without anything personal or secret."""

    ok: bool
    detail: str


class Heartbeat:
    """When a loop last turned; written by its thread, read by the health pages."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def beat(self) -> None:
        self._last = time.monotonic()

    @property
    def age(self) -> float:
        """Seconds since the last turn."""
        return time.monotonic() - self._last


class Health:
    """The pages of a worker. `ready` checks are asked afresh for each request; `hearts` make it live; `others` are asked
    for both, by the name of the page.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        ready: Mapping[str, Callable[[], Check]],
        hearts: Mapping[str, Heartbeat],
        others: Mapping[str, Callable[[str], Check]] | None = None,
    ) -> None:
        self._others = others or {}
        self._metrics = make_wsgi_app(registry)
        self._ready = ready
        self._hearts = hearts

    def live(self) -> dict[str, Check]:
        """Whether each loop has turned lately. Never asks Kafka or the database."""
        beats = {
            name: Check(heart.age < QUIET, f"turned {heart.age:.1f} s ago") for name, heart in self._hearts.items()
        }
        return beats | {name: ask("live") for name, ask in self._others.items()}

    def ready(self) -> dict[str, Check]:
        """Whether partitions are assigned and events are published, or another process does."""
        here = {name: ask() for name, ask in self._ready.items()}
        return here | {name: ask("ready") for name, ask in self._others.items()}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            page: Iterable[bytes] = self._metrics(environ, start_response)
            return page
        pages = {"/health/live": self.live, "/health/ready": self.ready}
        if path not in pages:
            start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"There are /health/live, /health/ready and /metrics.\n"]
        return _answer(pages[path], start_response)


def _answer(ask: Callable[[], Mapping[str, Check]], start_response: StartResponse) -> Iterable[bytes]:
    started = time.perf_counter()
    checks = ask()
    ok = all(check.ok for check in checks.values())
    body = {
        "ok": ok,
        "checks": {name: {"ok": check.ok, "detail": check.detail} for name, check in checks.items()},
        "seconds": round(time.perf_counter() - started, 4),
    }
    text = json.dumps(body).encode() + b"\n"
    status = "200 OK" if ok else "503 Service Unavailable"
    start_response(status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
    return [text]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False


class _Quiet(WSGIRequestHandler):
    """Probes come every few seconds; nobody wants a line for each."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the name is the library's)
        del format, args


class HealthServer:
    """Serves the pages in the background until `close`."""

    def __init__(self, host: str, port: int, health: Health) -> None:
        """Raises UserError `port_taken` when the address cannot be used."""
        try:
            self._server = make_server(host, port, health, server_class=_Server, handler_class=_Quiet)
        except OSError as error:
            raise _port_taken(host, port, error) from None
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _port_taken(host: str, port: int, error: OSError) -> UserError:
    return environment(
        "port_taken",
        f"{host}:{port} cannot be listened on: {error.strerror}. Set ORDERCASE_HTTP_HOST and ORDERCASE_HTTP_PORT (0: none).",
    )
