"""Locks and loads what a batch touches: each kind with one statement, in the one global order of `domain.world.Kind`."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import psycopg
from psycopg import sql

from domain.case_file import Case
from domain.checkouts import CheckoutFile
from domain.order_file import OrderFile
from domain.reference_data import Interaction, Notice, ProductFile, SourceFile, StockFile
from domain.world import Aggregate, Kind, NotLoaded, Ref
from storage.documents import from_json
from storage.kept import Kept
from storage.recordset import parameter

Connection = psycopg.Connection[Any]
Loaded = dict[Ref, Aggregate | None]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a kind is kept. `shell`: the row is made before it is locked, so that nobody else can make it."""

    table: str
    key: str
    kind: Any
    shell: str | None = None


# A shell's columns are cut out of the key: `<channel>:<id>`.
_CUT: Final = "split_part(k, ':', 1), substr(k, strpos(k, ':') + 1)"

_PLACES: Final[Mapping[Kind, _Place]] = {
    Kind.ORDER: _Place(
        "orders", "order_key", OrderFile, f"orders (order_key, sales_channel, order_id) SELECT k, {_CUT}"
    ),
    Kind.CHECKOUT: _Place(
        "checkouts",
        "checkout_key",
        CheckoutFile,
        f"checkouts (checkout_key, sales_channel, checkout_id) SELECT k, {_CUT}",
    ),
    Kind.CASE: _Place("cases", "case_id", Case),
    Kind.INTERACTION: _Place("interactions", "interaction_id", Interaction),
    Kind.NOTICE: _Place("notices", "notice_id", Notice),
    Kind.PRODUCT: _Place("products", "sku", ProductFile),
    Kind.STOCK: _Place(
        "stock", "stock_key", StockFile, f"stock (stock_key, sales_channel, sku, updated_at) SELECT k, {_CUT}, -1"
    ),
    Kind.SOURCE: _Place("sources", "source_id", SourceFile),
}
_KINDS: Final = tuple(Kind)
_KEYS: Final = "SELECT json_array_elements_text(%s::json) AS k"


def _shell(place: _Place) -> str:
    return f"INSERT INTO {place.shell} FROM ({_KEYS}) AS keys ORDER BY k ON CONFLICT DO NOTHING"


def _lock(place: _Place) -> str:
    """Locks the rows; a document is left out where one of the transactions that the asker knows has written it."""
    document = sql.SQL("CASE WHEN xmin = ANY (%s::text[]::xid[]) THEN NULL ELSE document END")
    return (
        sql.SQL(
            "SELECT {key}, {document}, xmin::text FROM {table} WHERE {key} = ANY (ARRAY({keys})) ORDER BY {key} FOR UPDATE"
        )
        .format(
            key=sql.Identifier(place.key), document=document, table=sql.Identifier(place.table), keys=sql.SQL(_KEYS)
        )
        .as_string()
    )


_SHELLS: Final = {kind: _shell(place) for kind, place in _PLACES.items() if place.shell}
_LOCKS: Final = {kind: _lock(place) for kind, place in _PLACES.items()}
_RELATED: Final = """
SELECT related FROM orders
WHERE order_key = ANY (ARRAY(SELECT json_array_elements_text(%s::json))) AND related <> '[]'
UNION ALL
SELECT related FROM cases
WHERE case_id = ANY (ARRAY(SELECT json_array_elements_text(%s::json))) AND related <> '[]'
UNION ALL
SELECT related FROM checkouts
WHERE checkout_key = ANY (ARRAY(SELECT json_array_elements_text(%s::json))) AND related <> '[]'
"""

_BUSY: Final = """
WITH asked AS MATERIALIZED (SELECT json_array_elements_text(%s::json) AS order_key),
     free AS MATERIALIZED (
         SELECT o.order_key FROM orders AS o WHERE o.order_key = ANY (ARRAY(SELECT order_key FROM asked))
         FOR KEY SHARE SKIP LOCKED
     )
SELECT order_key FROM orders WHERE order_key = ANY (ARRAY(SELECT order_key FROM asked EXCEPT SELECT order_key FROM free))
"""


def place(ref: Ref) -> tuple[int, str]:
    """Where a thing stands in the global order of locks."""
    return _KINDS.index(ref.kind), ref.key


def read_related(connection: Connection, refs: Iterable[Ref]) -> Callable[[], set[Ref]]:
    """Asks, without a lock, what inputs for these things may touch as well. The answer is what the call gives."""
    keys = _by_kind(refs)
    cursor = connection.execute(
        _RELATED, tuple(parameter(keys[kind]) for kind in (Kind.ORDER, Kind.CASE, Kind.CHECKOUT))
    )

    def answer() -> set[Ref]:
        found = set()
        for (text,) in cursor.fetchall():
            for name in from_json(tuple[str, ...], text):
                kind, _, key = name.partition(" ")
                found.add(Ref(Kind(kind), key))
        return found

    return answer


def busy(connection: Connection, keys: Iterable[str]) -> set[str]:
    """Which of these orders somebody else holds at this moment. Locks nothing for longer than it takes to ask."""
    return {key for (key,) in connection.execute(_BUSY, (parameter(keys),)).fetchall()}


def related_names(refs: Iterable[Ref]) -> list[str]:
    """What is kept of refs in a `related` column."""
    return sorted(f"{ref.kind} {ref.key}" for ref in refs)


def lock(
    connection: Connection, refs: Iterable[Ref], named: Iterable[Ref], kept: Kept | None = None
) -> Callable[[], Loaded]:
    """Locks everything in `refs` in the global order; the call gives what each is, None for what does not exist.

    Orders in `named` get their row if they have none, so that what waits for them can be seen and nobody else makes
    it; so does stock. What `kept` still holds as it was written last is not fetched. Run in a transaction,
    before anything else that locks.
    """
    wanted, make = _by_kind(refs), _by_kind(named)
    kept = kept or Kept(0)
    cursors = []
    for kind in _KINDS:
        if kind is Kind.ORDER:
            if make[kind]:
                connection.execute(_SHELLS[kind], (parameter(make[kind]),))
        elif kind in _SHELLS and wanted[kind]:
            connection.execute(_SHELLS[kind], (parameter(wanted[kind]),))
        if wanted[kind]:
            ours = kept.transactions([Ref(kind, key) for key in wanted[kind]])
            cursors.append((kind, connection.execute(_LOCKS[kind], (ours, parameter(wanted[kind]))), frozenset(ours)))

    def answer() -> Loaded:
        loaded: Loaded = {Ref(kind, key): None for kind, keys in wanted.items() for key in keys}
        for kind, cursor, ours in cursors:
            lacking = []
            for key, document, transaction in cursor.fetchall():
                ref = Ref(kind, key)
                if document is None and transaction in ours:
                    loaded[ref] = kept.written_by(transaction, ref)
                    if loaded[ref] is None:
                        lacking.append(key)
                else:
                    loaded[ref] = _read(kind, document)
            loaded |= _fetched(connection, kind, lacking)
        return loaded

    return answer


def _fetched(connection: Connection, kind: Kind, keys: list[str]) -> Loaded:
    """Things that are locked already, and were left out because another state of them was known."""
    if not keys:
        return {}
    rows = connection.execute(_LOCKS[kind], ([], parameter(keys))).fetchall()
    return {Ref(kind, key): _read(kind, document) for key, document, _ in rows}


def _by_kind(refs: Iterable[Ref]) -> Mapping[Kind, list[str]]:
    keys: defaultdict[Kind, set[str]] = defaultdict(set)
    for ref in refs:
        keys[ref.kind].add(ref.key)
    return defaultdict(list, {kind: sorted(names) for kind, names in keys.items()})


def _read(kind: Kind, document: str | None) -> Aggregate | None:
    return None if document is None else cast("Aggregate", from_json(_PLACES[kind].kind, document))


class LoadedWorld:
    """The things that a batch has locked, as they become while it is handled."""

    def __init__(self, loaded: Loaded) -> None:
        self.before = dict(loaded)
        self.now = dict(loaded)

    def get(self, ref: Ref) -> Aggregate | None:
        """None for what does not exist. Raises NotLoaded for what was not locked."""
        try:
            return self.now[ref]
        except KeyError:
            raise NotLoaded(ref) from None

    def put(self, changed: Mapping[Ref, Aggregate]) -> None:
        """Keeps what one input changed. Raises NotLoaded for what exists and was not locked by anybody here."""
        self.now.update(changed)

    def add(self, loaded: Loaded) -> None:
        """Takes in what was locked later."""
        self.before.update(loaded)
        self.now.update(loaded)

    def changed(self) -> dict[Ref, tuple[Aggregate | None, Aggregate]]:
        """(before, now) of everything that is not what it was."""
        return {
            ref: (self.before.get(ref), now)
            for ref, now in self.now.items()
            if now is not None and now is not self.before.get(ref)
        }
