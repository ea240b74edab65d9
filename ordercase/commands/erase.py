"""`ordercase erase`: takes a customer's personal data out of everything that is stored."""

import sys
import time
from collections.abc import Callable
from typing import Annotated, Any, Final

import psycopg
from cyclopts import Parameter

from consumers.erasing import Erasing, Report, still_to_publish
from ordercase import logs, policies, registry, settings, terminal, wiring
from ordercase.commands.going_through import in_words
from ordercase.commands.options import Json
from ordercase.errors import Exit, no_answer, usage
from schemas.codec import Codec

PATIENCE: Final = 10.0
LOOK_AGAIN: Final = 0.2


def erase(
    *,
    channel: Annotated[str, Parameter(help="The sales channel.")],
    customer: Annotated[str, Parameter(help="The customer's id there.")],
    json: Json = False,
) -> int:
    """Blanks a customer's personal data in all that is stored, and in all that comes of the customer from now on.

    Orders, money and states stay. One transaction an order; it may run beside workers, and again after it was stopped.
    What is on Kafka goes with its retention. Exit 3 when the relay has not published yet what was decided before.
    """
    if not channel.strip() or not customer.strip():
        raise usage("usage", "Name the sales channel and the customer: --channel C --customer ID.")
    read = settings.load()
    logs.configure("warning", read.log_format)
    known = registry.of(read)
    connect = wiring.connecting(read, "ordercase-erase")
    erasing = Erasing(
        connect, wiring.rules(read, policies.of(read), known), read.group_id, Codec(known), channel, customer
    )
    with in_words("it"):
        report = erasing.run(_tell)
        late = _wait(connect, report)
    _print(report, json=json)
    if late:
        raise no_answer(
            "not_published",
            "Everything stored is done, but messages that were decided before are still to be published and hold the"
            " person until then. Start `ordercase run` and call this again.",
        )
    return Exit.DONE


def _tell(done: int, of: int) -> None:
    if done == of or done % 100 == 0:
        terminal.say(f"{done} of {of} done")


def _wait(connect: Callable[[], psycopg.Connection[Any]], report: Report) -> bool:
    """Whether the relay still had something to publish when patience was over."""
    until = time.monotonic() + PATIENCE
    while still_to_publish(connect, report):
        if time.monotonic() > until:
            return True
        time.sleep(LOOK_AGAIN)
    return False


def _print(report: Report, *, json: bool) -> None:
    if json:
        terminal.print_json({
            "erased": report.things, "published": report.published, "parked": report.parked, "replies": report.replies,
            "unpublished": report.unpublished,
        })  # fmt: skip
        return
    said = ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in sorted(report.things.items()))
    terminal.print_line(f"Erased: {said or 'nothing was stored'}.")
    terminal.print_line(
        f"{report.published} published messages taken out, {report.parked} parked ones discarded,"
        f" {report.replies} answers without their words."
    )
    sys.stdout.flush()
