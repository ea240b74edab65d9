"""`ordercase parked`: messages that could not be applied, looked at. What is done with them: parked_work.py."""

import base64
import json as json_text
from typing import Any

from cyclopts import App

from ordercase import database, settings, terminal
from ordercase.commands.options import Json
from ordercase.errors import not_found
from ordercase.terminal import short_time
from storage.queries import messages
from storage.queries.times import iso

app = App(name="parked", help="Messages that could not be applied: list, show, replay, discard, add.")
app.command(
    "ordercase.commands.parked_work:replay",
    name="replay",
    help="Tries parked messages again, each with all that came behind it.",
)
app.command("ordercase.commands.parked_work:discard", name="discard", help="Takes a parked message out for good.")
app.command("ordercase.commands.parked_work:add", name="add", help="Puts a message aside that nobody has read yet.")


@app.command(name="list")
def list_(
    *, topic: str | None = None, reason: str | None = None, limit: int = messages.LONGEST, json: Json = False
) -> None:
    """What is parked and why, in the order parked. `behind`: nothing is wrong with it but with one before it."""
    with database.snapshot(settings.load()) as connection:
        most = max(1, min(limit, messages.LONGEST))
        rows = messages.parked_list(connection, topic=topic, reason=reason, limit=most)
    if json:
        terminal.print_json([{**row, "since": iso(row["since"])} for row in rows])
        return
    columns = ("id#", "topic", "partition#", "offset#", "key", "reason", "since", "behind")
    terminal.print_table(columns, ([
        row["id"],
        row["topic"],
        row["partition"],
        row["offset"],
        row["key"],
        row["reason"],
        short_time(row["since"]),
        "behind" if row["behind"] else "",
    ] for row in rows))  # fmt: skip


@app.command
def show(parked_id: int, *, json: Json = False) -> None:
    """One parked message: why, its headers and its bytes (hex; base64 in JSON)."""
    with database.snapshot(settings.load()) as connection:
        row = messages.parked_one(connection, parked_id)
    if row is None:
        raise unknown(parked_id)
    if json:
        terminal.print_json(_as_json(row))
        return
    value = row["value"]
    terminal.print_pairs(
        {
            "topic": row["topic"],
            "partition": str(row["partition"]),
            "offset": str(row["offset"]),
            "key": messages.key_text(row["key"]),
            "reason": row["reason"],
            "sentence": row["sentence"],
            "error class": row["error_class"],
            "since": iso(row["since"]),
            "behind": "yes" if row["behind"] else "no",
            "headers": row["headers"],
            "bytes": "null" if value is None else str(len(value)),
        },
        title=f"Parked message {parked_id}",
    )
    if value:
        terminal.print_line(value.hex(" "))


def unknown(parked_id: int) -> Exception:
    """Nothing is parked under this id."""
    return not_found("unknown_parked", f"Nothing is parked under the id {parked_id}; see `ordercase parked list`.")


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    value = row["value"]
    return {
        **{name: row[name] for name in ("id", "topic", "partition", "offset")},
        "key": messages.key_text(row["key"]),
        **{name: row[name] for name in ("reason", "sentence", "error_class", "behind")},
        "headers": json_text.loads(row["headers"]),
        "since": iso(row["since"]),
        "value_base64": None if value is None else base64.b64encode(value).decode(),
    }
