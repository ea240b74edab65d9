"""`ordercase orders`: find, show, export, explain."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import App, Parameter

from ordercase import database, export, order_sheet, settings, terminal
from ordercase.commands import options
from ordercase.commands.options import After, From, Json, Limit, Sort, To
from ordercase.errors import not_found, usage
from storage.queries import one_order, orders

app = App(name="orders", help="Orders: find, show, export, explain.")

Text = Annotated[str | None, Parameter(show_default=False)]


@Parameter(name="*")
class Filters:
    """What `find` and `export` look for. Ids are exact, with * at the end "begins with"; names anywhere, without case."""

    def __init__(
        self,
        *,
        order_id: Text = None,
        first_name: Text = None,
        last_name: Text = None,
        email: Text = None,
        from_: From = None,
        to: To = None,
        channel: Text = None,
        address: Text = None,
        postcode: Text = None,
        phone: Text = None,
        requested_to: Annotated[str | None, Parameter(help="Id of a source.")] = None,
        status: Text = None,
        account: Text = None,
        sku: Text = None,
        rma: Text = None,
        credit_note: Text = None,
        criteria: Annotated[str | None, Parameter(help="A search expression in JSON.")] = None,
    ) -> None:
        self.search = orders.Search(
            order_id=order_id,
            first_name=first_name,
            last_name=last_name,
            email=email,
            since=options.since(from_),
            until=options.until(to),
            channel=channel,
            address=address,
            postcode=postcode,
            phone=phone,
            requested_to=requested_to,
            status=status,
            account=account,
            sku=sku,
            rma=rma,
            credit_note=credit_note,
            criteria=criteria,
        )


ANYTHING: Final = Filters()


@app.command
def find(
    filters: Filters = ANYTHING,
    *,
    sort: Sort = "-placed",
    limit: Limit = 20,
    after: After = None,
    json: Json = False,
) -> None:
    """Finds orders, newest first. One hit on a terminal shows the order."""
    size = options.page_size(limit)
    with database.snapshot(settings.load()) as connection:
        page = orders.found(connection, filters.search, sort, size, after)
        alone = len(page.rows) == 1 and page.after is None and after is None
        one = None
        if alone and not json and sys.stdout.isatty():
            key = f"{page.rows[0]['channel']}:{page.rows[0]['order_id']}"
            one = one_order.shown(connection, key)
    if json:
        terminal.print_json([export.named(row) for row in page.rows])
    elif one:
        order_sheet.print_order(one)
    else:
        order_sheet.print_list(page.rows)
    if page.after:
        terminal.say(f"There are more: --after {page.after}")


@app.command
def show(order: str, *, json: Json = False) -> None:
    """One order: lines, payments, post-sales, history. ORDER is CHANNEL:ORDER."""
    shown = _shown(order)
    if json:
        terminal.print_json(shown)
    else:
        order_sheet.print_order(shown)


@app.command(name="export")
def export_(
    filters: Filters = ANYTHING,
    *,
    format: Annotated[Literal["csv", "excel-xml", "jsonl"], Parameter(name="--format")] = "csv",  # noqa: A002
    columns: Annotated[str | None, Parameter(help="Names with commas between; all without.")] = None,
    output: Annotated[Path | None, Parameter(name=("--output", "-o"), help="A file; stdout without.")] = None,
    sort: Sort = "-placed",
) -> None:
    """Writes every order found, streamed. Text that a spreadsheet would take for a formula is neutralised."""
    chosen = tuple(columns.split(",")) if columns else tuple(orders.COLUMNS)
    wrong = [name for name in chosen if name not in orders.COLUMNS]
    if wrong:
        raise usage("bad_columns", f"There is no column {wrong[0]!r}; there are {', '.join(orders.COLUMNS)}.")
    with database.snapshot(settings.load()) as connection:
        count = export.write(format, chosen, orders.exported(connection, filters.search, sort, chosen), output)
    terminal.say(f"{count} orders exported.")


@app.command
def explain(order: str, *, json: Json = False) -> None:
    """Why an order is as it is: every change with who, when, what, and the message that caused it. ORDER is CHANNEL:ORDER."""
    shown = _shown(order)
    if json:
        terminal.print_json(shown["history"])
    else:
        order_sheet.print_story(shown)


def _shown(order: str) -> dict[str, Any]:
    key = options.order_key(order)
    with database.snapshot(settings.load()) as connection:
        try:
            return one_order.shown(connection, key)
        except one_order.UnknownOrder as error:
            waits = error.waiting
            sentence = f"No event of order {key} has come yet."
            if waits:
                sentence += f" {waits} message{'s wait' if waits > 1 else ' waits'} for it: `ordercase waiting list`."
            raise not_found("unknown_order", sentence, waiting=waits) from None
