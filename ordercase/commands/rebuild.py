"""`ordercase rebuild`: makes stored things again: from their histories where they differ, or from what is on Kafka."""

from typing import Annotated

from cyclopts import Parameter

from consumers.topic_replay import TopicsRead
from ordercase import from_topics as topics
from ordercase import logs, policies, registry, settings, terminal, wiring
from ordercase.commands.going_through import in_words
from ordercase.commands.options import Json
from ordercase.errors import Exit, usage
from ordercase.rebuild import Rebuilding, Report
from producers.resuming import Resumed

TELL_EVERY = 10_000


def rebuild(
    *,
    dry_run: Annotated[bool, Parameter(negative="", help="Say what would be made again, write nothing.")] = False,
    from_topics: Annotated[
        bool, Parameter(negative="", help="From what is on Kafka; needs every worker stopped.")
    ] = False,
    json: Json = False,
) -> int:
    """Makes orders, checkouts and cases again from their histories where `doctor --verify` finds a difference.

    Publishes nothing. What the history does not safely lead to is left as it is and named (exit 1).

    With --from-topics: after a restore, on a new cluster, or for an empty database. The relay goes on after what it
    published last; all that is on the inbound topics and not in the database is read in the order in which it was sent.
    Commands that are answered otherwise than they were, and what is no message of ours, are named (exit 1). What comes of it is published by `ordercase run`.
    """
    read = settings.load()
    logs.configure("warning", read.log_format)
    if from_topics:
        return _from_topics(read, dry_run=dry_run, json=json)
    rules = wiring.rules(read, policies.of(read), registry.of(read))
    building = Rebuilding(wiring.connecting(read, "ordercase-rebuild"), rules, read.group_id, dry_run=dry_run)
    with in_words("a history"):
        report = building.run(lambda compared: terminal.say(f"{compared} compared"))
    _print(report, dry_run=dry_run, json=json)
    return Exit.REFUSED if report.left else Exit.DONE


def _from_topics(read: settings.Settings, *, dry_run: bool, json: bool) -> int:
    if dry_run:
        raise usage("usage", "--dry-run is for histories; what is on Kafka is either read or not.")
    told = 0

    def tell(count: int) -> None:
        nonlocal told
        if count - told >= TELL_EVERY:
            told = count
            terminal.say(f"{count} messages read")

    report = topics.from_topics(read, tell)
    shown = _resumed(report.resumed)
    replayed = report.replayed
    if json:
        terminal.print_json({
            "read": replayed.read, "counts": dict(sorted(replayed.counts.items())), "anew": replayed.anew,
            "relay": shown, "differ": [{"command_id": name, "told": _code(told), "now": _code(code)}
                                       for name, (told, code) in sorted(replayed.differ.items())],
            "unread": replayed.unread,
        })  # fmt: skip
    else:
        _print_from_topics(shown, replayed)
    return Exit.REFUSED if replayed.differ or replayed.unread else Exit.DONE


def _resumed(found: Resumed | None) -> dict[str, int | None] | None:
    """None: the relay's position was in order."""
    if found is None or not found.apart:
        return None
    return {"published": found.published, "known": found.known, "from": found.at, "again": found.again}


def _print_from_topics(relay: dict[str, int | None] | None, replayed: TopicsRead) -> None:
    if relay is None:
        terminal.print_line("The relay's position fits the outbox.")
    else:
        on_kafka = "has none" if relay["published"] is None else f"has {relay['published']}"
        terminal.print_line(
            f"The relay's position: Kafka {on_kafka}, the database {relay['known']}; it goes on from {relay['from']}."
            f" {relay['again']} events of the outbox, and what is decided again now, may come twice, with the same event ids."
        )
    for topic in replayed.anew:
        terminal.print_line(f"{topic} is another topic than before: read from its first message.")
    counts = ", ".join(f"{count} {name}" for name, count in sorted(replayed.counts.items()) if name != "inputs")
    terminal.print_line(f"{replayed.read} messages read: {counts or 'nothing new'}.")
    for command_id, (told, code) in sorted(replayed.differ.items()):
        terminal.print_line(f"Command {command_id} was answered {_code(told)} and is {_code(code)} now: look at it.")
    for where in replayed.unread:
        terminal.print_line(f"{where}: no message of ours; it told nothing.")
    terminal.print_line("What is to be published goes out with `ordercase run`.")


def _code(code: str | None) -> str:
    return code or "accepted"


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
