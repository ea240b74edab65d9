"""A registry that fails in every way it can: what passes is tried again, what does not is said plainly."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from schemas.catalogue import schema_of
from schemas.codec import Codec
from schemas.refusal import NotRegistered, RegistryUnavailable, Undecodable
from schemas.registry import Registry
from schemas.topics import PAYMENT_EVENTS, PRODUCTS, subject

PRODUCT = "commerce.Product"


class StubRegistry:
    """Answers `status` and `body` to everything, or from `schemas`: subject → {id: text}."""

    def __init__(self) -> None:
        self.status, self.body = 0, b""
        self.schemas: dict[str, dict[int, str]] = {}
        self.late = self.refuses = self.no_levels = False
        self.asked: list[str] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stub.answer(self, None)

            def do_POST(self) -> None:
                stub.answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def do_PUT(self) -> None:
                stub.answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, handler: BaseHTTPRequestHandler, body: Any) -> None:
        self.asked.append(handler.path)
        status, found = (self.status, self.body) if self.status else self.look(handler.path, body)
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(found)))
        handler.end_headers()
        handler.wfile.write(found)

    def look(self, path: str, body: Any) -> tuple[int, bytes]:
        path = path.partition("?")[0]
        if path.startswith("/config/"):
            return (409 if self.no_levels else 200), json.dumps(body).encode()
        if path.startswith("/subjects/") and path.endswith("/versions") and body is not None:
            return self.register(path.removeprefix("/subjects/").removesuffix("/versions"), body["schema"])
        if path.startswith("/schemas/ids/"):
            wanted = int(path.rpartition("/")[2])
            for held in self.schemas.values():
                if wanted in held:
                    return 200, json.dumps({"schema": held[wanted]}).encode()
        name = path.removeprefix("/subjects/")
        for schema_id, text in self.schemas.get(name, {}).items():
            if body is not None and body["schema"] == text:
                return 200, json.dumps({"subject": name, "id": schema_id, "version": 1, "schema": text}).encode()
        return 404, json.dumps({"error_code": 40403, "message": "not found"}).encode()

    def register(self, name: str, text: str) -> tuple[int, bytes]:
        """Takes it, unless `refuses`; says that it did, unless `late`: then it answers as to somebody who asks twice."""
        if not self.refuses:
            self.schemas[name] = {len(self.schemas) + 1: text}
        if self.refuses or self.late:
            return 409, json.dumps({"error_code": 409, "message": "there already"}).encode()
        return 200, json.dumps({"id": len(self.schemas)}).encode()


@pytest.fixture(name="stub")
def _stub() -> Iterator[StubRegistry]:
    stub = StubRegistry()
    thread = threading.Thread(target=stub.server.serve_forever, args=(0.01,))
    thread.start()
    yield stub
    stub.server.shutdown()
    thread.join()
    stub.server.server_close()


@pytest.fixture(name="registry")
def _registry(stub: StubRegistry) -> Iterator[Registry]:
    with Registry(stub.url) as registry:
        yield registry


@pytest.mark.parametrize("status", [500, 503, 429, 401])
def test_what_may_pass_is_not_the_messages_fault(stub: StubRegistry, registry: Registry, status: int) -> None:
    stub.status = status
    with pytest.raises(RegistryUnavailable, match=str(status)):
        registry.schema_id(PRODUCTS, PRODUCT)
    with pytest.raises(RegistryUnavailable):
        Codec(registry).decode(PRODUCTS, b"A", b"\x00\x00\x00\x00\x01x")


def test_an_answer_that_is_none(stub: StubRegistry, registry: Registry) -> None:
    stub.status, stub.body = 200, b"<html>hello</html>"
    with pytest.raises(RegistryUnavailable):
        registry.schema_id(PRODUCTS, PRODUCT)


@pytest.mark.parametrize(
    "body", [b"[]", b"7", b'"x"', b'{"schema": 5, "references": 3}', b'{"id": []}', b"[" * 200_000]
)
def test_an_answer_that_is_json_and_nonsense(stub: StubRegistry, registry: Registry, body: bytes) -> None:
    """The client stumbles over it in ways of its own, none of which may end the worker."""
    stub.status, stub.body = 200, body
    with pytest.raises((RegistryUnavailable, Undecodable)):
        registry.writer_schema(PRODUCTS, 14)


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_question_that_the_registry_refuses_is_not_asked_for_ever(
    stub: StubRegistry, registry: Registry, status: int
) -> None:
    stub.status, stub.body = status, b'{"error_code": 42202, "message": "no"}'
    with pytest.raises(Undecodable) as refused:
        registry.writer_schema(PRODUCTS, 15)
    assert refused.value.reason == "schema_unknown"


def test_an_id_that_no_registry_can_have_is_not_asked_for(stub: StubRegistry, registry: Registry) -> None:
    with pytest.raises(Undecodable):
        registry.writer_schema(PRODUCTS, 2**31)
    assert not stub.asked


def test_nobody_there() -> None:
    with Registry("http://127.0.0.1:9") as nobody, pytest.raises(RegistryUnavailable, match="did not answer"):
        nobody.schema_id(PRODUCTS, PRODUCT)


def test_our_id_is_looked_up_once(stub: StubRegistry, registry: Registry) -> None:
    stub.schemas[subject(PRODUCTS, PRODUCT)] = {11: schema_of(PRODUCT).text}
    assert [registry.schema_id(PRODUCTS, PRODUCT) for _ in range(3)] == [11, 11, 11]
    assert len(stub.asked) == 1
    with pytest.raises(NotRegistered, match="run: ordercase schemas register"):
        registry.schema_id(PAYMENT_EVENTS, "payments.PaymentEvent")


def test_an_id_counts_only_under_a_subject_of_its_topic(stub: StubRegistry, registry: Registry) -> None:
    stub.schemas[subject(PRODUCTS, PRODUCT)] = {11: schema_of(PRODUCT).text}
    assert registry.writer_schema(PRODUCTS, 11) == (PRODUCT, schema_of(PRODUCT).text)
    with pytest.raises(Undecodable) as refused:
        registry.writer_schema(PAYMENT_EVENTS, 11)
    assert refused.value.reason == "schema_unknown"


def test_what_this_version_writes_is_read_without_asking_again(stub: StubRegistry, registry: Registry) -> None:
    """So that a registry that is gone later is missed by new schemas alone."""
    stub.schemas[subject(PRODUCTS, PRODUCT)] = {11: schema_of(PRODUCT).text}
    registry.schema_id(PRODUCTS, PRODUCT)
    stub.status = 503
    assert registry.writer_schema(PRODUCTS, 11) == (PRODUCT, schema_of(PRODUCT).text)
    with pytest.raises(RegistryUnavailable):
        registry.writer_schema(PAYMENT_EVENTS, 11)


def test_a_schema_that_was_taken_although_the_answer_says_no_is_registered(
    stub: StubRegistry, registry: Registry
) -> None:
    """The client asks again when an answer is lost, and hears that the schema is there already."""
    stub.late = True
    done = registry.register_all()
    assert {one.subject: one.schema_id for one in done} == {name: next(iter(ids)) for name, ids in stub.schemas.items()}


def test_a_schema_that_the_registry_does_not_take_is_named(stub: StubRegistry, registry: Registry) -> None:
    stub.refuses = True
    with pytest.raises(ValueError, match="the registry did not take the schema"):
        registry.register_all()


def test_a_level_that_the_registry_does_not_take_is_named(stub: StubRegistry, registry: Registry) -> None:
    stub.no_levels = True
    with pytest.raises(ValueError, match="did not take the compatibility level"):
        registry.register_all()


def test_the_right_record_under_a_strange_subject_is_not_accepted(stub: StubRegistry, registry: Registry) -> None:
    stub.schemas["somebody-elses"] = {12: schema_of(PRODUCT).text}
    with pytest.raises(Undecodable, match=r"no schema 12 under a subject of commerce.products.v1"):
        registry.writer_schema(PRODUCTS, 12)


@pytest.mark.parametrize("text", ["no json", "[]", '{"type": "record", "name": "Product", "fields": []}'])
def test_strange_schemas_are_unknown(stub: StubRegistry, registry: Registry, text: str) -> None:
    stub.schemas[subject(PRODUCTS, PRODUCT)] = {13: text}
    with pytest.raises(Undecodable):
        registry.writer_schema(PRODUCTS, 13)


def test_an_unknown_id_is_not_asked_for_again_and_again(stub: StubRegistry, registry: Registry) -> None:
    codec = Codec(registry)
    for _ in range(5):
        with pytest.raises(Undecodable) as refused:
            codec.decode(PRODUCTS, b"A", b"\x00\x00\x00\x00\x63x")
        assert refused.value.reason == "schema_unknown"
    assert len(stub.asked) == 1
