"""The schema files say what the contract says: every record, every field, every symbol, and a doc on each."""

from importlib import resources
from types import SimpleNamespace
from typing import get_args

import pytest

from domain import vocabulary
from domain.cancellations import CancellationEvent
from domain.cases import CaseCommented, CaseEvent, TaskEvent
from domain.exchanges import ExchangeEvent
from domain.refunds import RefundEvent
from domain.reshipments import ReshipmentEvent
from domain.returns import ReturnEvent
from schemas import lint
from schemas.catalogue import RECORDS, RecordSchema, everything, named_types
from schemas.edge import COMMAND_TYPES, FACT_TYPES, edge_of
from schemas.outbound import PROJECTIONS
from schemas.topics import COMMANDS, INBOUND, OUTBOUND, TOPICS, full_name, subject
from tests.contract_records import RECORDS as CONTRACT
from tests.contract_records import differences


def test_every_record_is_as_the_contract_has_it() -> None:
    named = {name: node for schema in everything() for name, node in named_types(schema.schema).items()}
    assert differences(SimpleNamespace(named=named)) == []


def test_there_is_one_file_for_each_record_and_no_other() -> None:
    files = {path.name for path in resources.files("schemas").joinpath("avro").iterdir()}
    assert files == {f"{full_name(record)}.avsc" for record in CONTRACT}
    assert sorted(RECORDS) == sorted(CONTRACT)


@pytest.mark.parametrize("ours", everything(), ids=lambda schema: schema.record)
def test_our_own_schemas_pass_every_lint(ours: RecordSchema) -> None:
    assert lint.own_schema(ours.schema) == []
    assert lint.writer_schema(ours.schema) == []


@pytest.mark.parametrize("ours", everything(), ids=lambda schema: schema.record)
def test_symbols_are_the_domains(ours: RecordSchema) -> None:
    for name, node in named_types(ours.schema).items():
        if node["type"] == "enum":
            symbols = getattr(vocabulary, name.rpartition(".")[2])
            assert node["symbols"] == [symbol.value for symbol in symbols], name


def test_a_type_is_the_same_wherever_it_is_inlined() -> None:
    seen: dict[str, object] = {}
    for schema in everything():
        for name, node in named_types(schema.schema).items():
            flat = _flat(node)
            assert seen.setdefault(name, flat) == flat, f"{name} differs in {schema.record}"


def _flat(node: object) -> object:
    """A type with the types within it by name only, so that where they are first described does not matter."""
    if isinstance(node, list):
        return [_flat(branch) for branch in node]
    if not isinstance(node, dict):
        return node
    return {key: _named(part) if key in ("type", "items", "values") else _flat_part(part) for key, part in node.items()}


def _flat_part(part: object) -> object:
    return [_flat(one) for one in part] if isinstance(part, list) else part


def _named(part: object) -> object:
    if isinstance(part, list):
        return [_named(branch) for branch in part]
    if isinstance(part, dict) and "namespace" in part:
        return f"{part['namespace']}.{part['name']}"
    return {key: _named(value) for key, value in part.items()} if isinstance(part, dict) else part


def test_every_inbound_record_has_an_edge_model_with_the_same_fields() -> None:
    inbound = {record for topic in INBOUND for record in TOPICS[topic].records}
    assert inbound == set(FACT_TYPES) | set(COMMAND_TYPES)
    for schema in everything():
        if schema.record in inbound:
            fields = [field["name"] for field in schema.schema["fields"]]
            assert sorted(edge_of(schema.record).kind.__dataclass_fields__) == sorted(fields)


def test_every_event_of_a_remedy_or_case_is_published() -> None:
    unions = (CancellationEvent, ReturnEvent, RefundEvent, ExchangeEvent, ReshipmentEvent, CaseEvent, TaskEvent)
    events = {event for union in unions for event in get_args(union)} - {CaseCommented}
    assert events <= set(PROJECTIONS)
    assert CaseCommented not in PROJECTIONS


def test_topics_and_subjects() -> None:
    assert len(INBOUND) == 9
    assert len(OUTBOUND) == 12
    assert {name for name, topic in TOPICS.items() if topic.compact} == {
        "commerce.products.v1", "commerce.stock.v1", "warehouse.sources.v1",
    }  # fmt: skip
    assert subject(COMMANDS, "commands.CreateReturn") == "ordercase.commands.v1-ordercase.commands.CreateReturn"
    assert TOPICS[COMMANDS].compatibility == "BACKWARD_TRANSITIVE"
    assert TOPICS["ordercase.returns.v1"].compatibility == "FULL_TRANSITIVE"
