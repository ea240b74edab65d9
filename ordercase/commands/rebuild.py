"""`ordercase rebuild`: makes stored things again from their histories where they differ."""

from typing import Annotated

from cyclopts import Parameter

from ordercase import logs, policies, registry, settings, terminal, wiring
from ordercase.commands.going_through import in_words
from ordercase.commands.options import Json
from ordercase.errors import Exit
from ordercase.rebuild import Rebuilding, Report


def rebuild(
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Say what would be made again, write nothing.")] = False,
    json: Json = False,
) -> int:
    """Makes orders, checkouts and cases again from their histories where `doctor --verify` finds a difference.

    Publishes nothing. What the history does not safely lead to is left as it is and named (exit 1).
    """
    read = settings.load()
    logs.configure("warning", read.log_format)
    rules = wiring.rules(read, policies.of(read), registry.of(read))
    building = Rebuilding(wiring.connecting(read, "ordercase-rebuild"), rules, read.group_id, dry_run=dry_run)
    with in_words("a history"):
        report = building.run(lambda compared: terminal.say(f"{compared} compared"))
    _print(report, dry_run=dry_run, json=json)
    return Exit.REFUSED if report.left else Exit.DONE


def _print(report: Report, *, dry_run: bool, json: bool) -> None:
    if json:
        terminal.print_json({
            "compared": report.compared,
            "rebuilt": [f"{ref.kind} {ref.key}" for ref in report.mended],
            "left": [{"what": f"{ref.kind} {ref.key}", "says": why} for ref, why in report.left],
        })  # fmt: skip
        return
    done = "would be made again" if dry_run else "made again"
    for ref in report.mended:
        terminal.print_line(f"{ref.kind} {ref.key}: {done} from its history")
    for ref, why in report.left:
        terminal.print_line(f"{ref.kind} {ref.key}: left as it is: {why}")
    terminal.print_line(f"{report.compared} compared, {len(report.mended)} {done}, {len(report.left)} left.")
