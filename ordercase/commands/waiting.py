"""`ordercase waiting`: messages that wait for an order that is not known yet."""

from typing import Annotated

from cyclopts import App, Parameter

from ordercase import database, settings, terminal
from ordercase.commands.options import Json
from ordercase.terminal import short_time
from storage.queries import messages
from storage.queries.times import iso

app = App(name="waiting", help="Messages that wait for an order not known yet.")


@app.command(name="list")
def list_(
    *,
    topic: str | None = None,
    order: Annotated[str | None, Parameter(help="CHANNEL:ORDER.")] = None,
    limit: int = messages.LONGEST,
    json: Json = False,
) -> None:
    """What waits, for what, and since when, in the order it came."""
    with database.snapshot(settings.load()) as connection:
        rows = messages.waiting_list(connection, topic=topic, order=order, limit=max(1, min(limit, messages.LONGEST)))
    if json:
        terminal.print_json([{**row, "since": iso(row["since"])} for row in rows])
        return
    columns = ("id#", "topic", "partition#", "offset#", "key", "waits for", "since")
    terminal.print_table(columns, ([
        row["id"],
        row["topic"],
        row["partition"],
        row["offset"],
        row["key"],
        f"{row['waits_kind']} {row['waits_key']}",
        short_time(row["since"]),
    ] for row in rows))  # fmt: skip
