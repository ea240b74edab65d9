"""The few shapes that columns have here."""

from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Identity, Integer, LargeBinary, MetaData, Text, false, text
from sqlalchemy.dialects.postgresql import ARRAY

metadata: Final = MetaData()

INLINE: Final = {"toast_tuple_target": "8160"}
"""For tables with documents: compressing them, or moving them out of line, costs more than everything else written."""


def words(name: str, *, null: bool = True, **more: Any) -> Column[Any]:
    return Column(name, Text, nullable=null, **more)


def key(name: str) -> Column[Any]:
    return Column(name, Text, primary_key=True)


def long(name: str, *, null: bool = True, **more: Any) -> Column[Any]:
    """Minor units, µs, counts that never end."""
    return Column(name, BigInteger, nullable=null, **more)


def number(name: str, *, null: bool = True, **more: Any) -> Column[Any]:
    return Column(name, Integer, nullable=null, **more)


def flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False, server_default=false())


def list_of_words(name: str) -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=False, server_default=text("'{}'"))


def version() -> Column[Any]:
    return long("version", null=False, server_default=text("0"))


def related() -> Column[Any]:
    """A JSON list of "<kind> <key>": what inputs for this thing may touch as well; read before anything is locked."""
    return words("related", null=False, server_default=text("'[]'"))


def running_number() -> Column[Any]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def octets(name: str, *, null: bool = True) -> Column[Any]:
    return Column(name, LargeBinary, nullable=null)
