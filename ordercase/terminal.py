"""What a command prints: tables or JSON on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from ordercase.errors import UserError
from storage.queries.times import iso

if TYPE_CHECKING:
    from rich.console import Console


def short_time(micros: int | None) -> str:
    """µs since 1970 UTC to the minute, for tables: "2026-11-21 10:00"."""
    text = iso(micros)
    return "" if text is None else f"{text[:10]} {text[11:16]}"


def print_json(value: object) -> None:
    """One JSON document on stdout. Dates become ISO 8601."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")
    sys.stdout.flush()


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """A table on stdout: framed on a terminal, plain aligned text (nothing cut) elsewhere.

    Columns whose name ends in # align right.
    """
    from rich import box  # noqa: PLC0415  (only who prints a table pays for it)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    terminal = sys.stdout.isatty()
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD if terminal else None, pad_edge=False)
    for column in columns:
        right = column.endswith("#")
        table.add_column(column.removesuffix("#"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    _stdout().print(table)


def print_pairs(pairs: Mapping[str, object], title: str | None = None) -> None:
    """Names and values, one a line; what has no value is left out."""
    filled = [(name, value) for name, value in pairs.items() if value not in (None, "", ())]
    width = max((len(name) for name, _ in filled), default=0)
    if title:
        print_line(title)
    for name, value in filled:
        print_line(f"  {name.ljust(width)}  {value}")


def print_line(text: str) -> None:
    """A line of the result, on stdout."""
    sys.stdout.write(f"{text}\n")


def say(sentence: str) -> None:
    """Progress and remarks, on stderr."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def say_error(error: UserError, as_json: bool) -> None:
    """An error on stderr, with its details and its code; with `--json` its object on stdout as well."""
    say(f"ordercase: {error.sentence}")
    for detail in error.details:
        say(f"  {detail}")
    say(f"  [{error.code}]")
    if as_json:
        print_json(error.as_json())


def _stdout() -> "Console":
    """Rich follows NO_COLOR by itself. Away from a terminal nothing is wrapped."""
    from rich.console import Console  # noqa: PLC0415

    class Closable(Console):
        """Says that its reader is gone instead of ending the process itself."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Closable(file=sys.stdout, width=None if sys.stdout.isatty() else 10_000, soft_wrap=not sys.stdout.isatty())
