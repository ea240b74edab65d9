"""Lists of orders as files: CSV, Excel's XML, JSON lines. Streamed, so that their size does not matter."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final
from xml.sax.saxutils import escape, quoteattr

from domain.money import exponent
from storage.queries.times import iso

TIMES: Final = ("placed", "updated")
AMOUNTS: Final = ("total", "captured", "refunded", "due")
NAMES: Final = {
    "placed": "placed_at",
    "updated": "updated_at",
    "channel": "sales_channel",
    "address": "address_text",
    "requested_to": "sources",
    **{name: f"{name}_minor" for name in AMOUNTS},
}
"""Column of a list → its name in JSON."""


def named(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON: the contract's names, times ISO 8601, amounts in minor units."""
    return {NAMES.get(name, name): iso(value) if name in TIMES else value for name, value in row.items()}


def write(form: str, columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]], output: Path | None) -> int:
    """Writes rows as `csv` (UTF-8 with BOM, RFC 4180), `excel-xml` or `jsonl`; how many there were.

    A row has the columns and its currency, by which its amounts become decimal numbers.
    """
    writers = {"csv": _csv, "excel-xml": _excel_xml, "jsonl": _jsonl}
    with _opened(output) as file:
        return writers[form](file, columns, rows)


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        sys.stdout.flush()
        return
    with output.open("w", encoding="utf-8", newline="") as file:
        yield file


def _jsonl(file: IO[str], columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  (the last count is the answer)
        file.write(json.dumps(named({name: row[name] for name in columns}), ensure_ascii=False) + "\n")
    return count


def _csv(file: IO[str], columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> int:
    file.write("\ufeff")
    out = csv.writer(file, lineterminator="\r\n")
    out.writerow(columns)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        out.writerow([_cell(name, row) for name in columns])
    return count


def _excel_xml(file: IO[str], columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> int:
    file.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"'
        ' xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">\n<Worksheet ss:Name="Orders"><Table>\n'
    )
    file.write(f"<Row>{''.join(_xml_cell(name) for name in columns)}</Row>\n")
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        file.write(f"<Row>{''.join(_xml_cell(_cell(name, row)) for name in columns)}</Row>\n")
    file.write("</Table></Worksheet>\n</Workbook>\n")
    return count


def _xml_cell(value: object) -> str:
    number = isinstance(value, Number)
    kind = quoteattr("Number" if number else "String")
    text = "".join(sign for sign in str(value) if sign >= " " or sign in "\t\n\r")
    return f"<Cell><Data ss:Type={kind}>{escape(text)}</Data></Cell>"


class Number(str):
    """A decimal number as text, so that no digit is lost on the way."""

    __slots__ = ()


def _cell(name: str, row: Mapping[str, Any]) -> str:
    value = row[name]
    if value is None:
        return ""
    if name in TIMES:
        return iso(value) or ""
    if name in AMOUNTS:
        return _decimal(value, row["currency"])
    return neutral(", ".join(value) if isinstance(value, (list, tuple)) else str(value))


def _decimal(minor: int, currency: str) -> Number:
    """19.95 for 1995 minor units of a currency with two digits."""
    digits = exponent(currency)
    whole = str(abs(minor)).rjust(digits + 1, "0")
    sign = "-" if minor < 0 else ""
    return Number(f"{sign}{whole[:-digits]}.{whole[-digits:]}" if digits else f"{sign}{whole}")


def neutral(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets a `'` in front."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
