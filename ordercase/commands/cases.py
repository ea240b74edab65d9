"""`ordercase cases`: list, show, report."""

from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from ordercase import database, settings, terminal
from ordercase.case_sheet import print_case
from ordercase.commands import options
from ordercase.commands.options import After, From, Json, Limit, Sort, To
from ordercase.errors import not_found, usage
from ordercase.terminal import short_time
from storage.queries import case_report, cases, one_case
from storage.queries.times import with_iso

app = App(name="cases", help="Cases: list, show, report.")


@app.command(name="list")
def list_(
    *,
    number: str | None = None,
    state: Annotated[str | None, Parameter(help='"Work in progress" and "Solution Proposed" are understood.')] = None,
    service: str | None = None,
    account: str | None = None,
    order: Annotated[str | None, Parameter(help="An order id or CHANNEL:ORDER.")] = None,
    assignee: Annotated[str | None, Parameter(help='A user id, or "none".')] = None,
    group: str | None = None,
    priority: int | None = None,
    sla: str | None = None,
    sales_channel: str | None = None,
    contact_channel: str | None = None,
    attention: Annotated[bool | None, Parameter(negative="--no-attention")] = None,
    from_: From = None,
    to: To = None,
    sort: Sort = "attention",
    limit: Limit = 20,
    after: After = None,
    json: Json = False,
) -> None:
    """Cases, those that need attention first. --from and --to are about when they were made."""
    search = cases.Search(
        number=number,
        state=_state(state),
        service=service,
        account=account,
        order=order,
        assignee=assignee,
        group=group,
        priority=priority,
        sla=sla,
        sales_channel=sales_channel,
        contact_channel=contact_channel,
        attention=attention,
        since=options.since(from_),
        until=options.until(to),
    )
    size = options.page_size(limit)
    with database.snapshot(settings.load()) as connection:
        page = cases.found(connection, search, sort, size, after)
    if json:
        terminal.print_json(with_iso(page.rows))
    else:
        _print_list(page.rows)
    if page.after:
        terminal.say(f"There are more: --after {page.after}")


@app.command
def show(case: str, *, json: Json = False) -> None:
    """One case with its lines, tasks, comments and history. CASE is an id or a number."""
    with database.snapshot(settings.load()) as connection:
        try:
            shown = one_case.shown(connection, case)
        except one_case.UnknownCase:
            raise not_found("unknown_case", f"No case has the id or number {case}.") from None
    if json:
        terminal.print_json(shown)
    else:
        print_case(shown)


@app.command
def report(
    *,
    from_: From = None,
    to: To = None,
    by: Literal["service", "assignee", "group"] = "service",
    json: Json = False,
) -> None:
    """Cases opened, resolved, closed; time from NEW to RESOLVED without waiting; SLA breaches."""
    since, until = options.since(from_), options.until(to)
    with database.snapshot(settings.load()) as connection:
        tallies = case_report.report(connection, by, since, until)
    rows = [
        {
            by: key,
            "opened": tally.opened,
            "resolved": tally.resolved,
            "closed": tally.closed,
            "handle_seconds_median": tally.median_seconds,
            "handle_seconds_p90": tally.ninetieth_seconds,
            "sla_breaches": tally.breached,
        }
        for key, tally in tallies.items()
    ]
    if json:
        terminal.print_json(rows)
        return
    columns = (by, "opened#", "resolved#", "closed#", "median#", "90 %#", "SLA breaches#")
    terminal.print_table(columns, ([_cell(name, value) for name, value in row.items()] for row in rows))


def _cell(name: str, value: object) -> object:
    if isinstance(value, int) and name.startswith("handle_seconds"):
        hours, rest = divmod(value, 3600)
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return "–" if value is None else value


def _state(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return cases.state_of(text)
    except ValueError:
        raise usage("bad_state", f"{text!r} is no state of a case; there are {', '.join(cases.STATES)}.") from None


def _print_list(rows: list[dict[str, Any]]) -> None:
    columns = (
        "number",
        "what",
        "state",
        "service",
        "account",
        "orders",
        "assigned",
        "prio#",
        "SLA",
        "lines",
        "attention",
    )
    terminal.print_table(columns, ([
        row["case_number"],
        row["short_description"],
        row["state"],
        row["service"],
        row["account_id"],
        ", ".join(row["orders"]),
        row["assignee"] or row["group_name"],
        row["priority"],
        f"{row['sla_state']} {short_time(row['sla_due_at'])}".strip(),
        f"{row['lines_done']} of {row['lines']} done",
        ", ".join(row["attention"]),
    ] for row in rows))  # fmt: skip
