"""`ordercase doctor`: looks at everything, says how to mend what is red."""

import logging
import sys
from itertools import chain
from typing import Annotated

from cyclopts import Parameter

from ordercase import settings, terminal, verification
from ordercase.commands.options import Json
from ordercase.doctor import Colour, Finding, examine
from ordercase.errors import Exit

SIGNS = {Colour.GREEN: "ok", Colour.YELLOW: "note", Colour.RED: "RED", Colour.GREY: "–"}


def doctor(
    *,
    verify: Annotated[
        bool, Parameter(negative="", help="Compare all that is stored with its history as well.")
    ] = False,
    json: Json = False,
) -> int:
    """Database, migrations, roles, clocks, queues, Kafka, topics, registry, policy. Exit 1 when a line is red.

    --verify goes on with every order, checkout and case: whether its state is what its history leads to, and can be true
    by itself. It reads all there is, page by page, and may run on a database in use.
    """
    read = settings.load()
    # what a client says of its connection stands in the findings already
    logging.getLogger("librdkafka").setLevel(logging.CRITICAL)
    findings = []
    looks = chain(examine(read), verification.examine(read, terminal.say)) if verify else examine(read)
    for finding in looks:
        findings.append(finding)
        if not json:
            _print(finding)
    if json:
        terminal.print_json([
            {"what": one.what, "colour": one.colour, "says": one.says, "mend": one.mend} for one in findings
        ])  # fmt: skip
    return Exit.REFUSED if any(one.colour is Colour.RED for one in findings) else Exit.DONE


def _print(finding: Finding) -> None:
    terminal.print_line(f"{SIGNS[finding.colour]:>4}  {finding.what}: {finding.says}")
    if finding.mend:
        terminal.print_line(f"        → {finding.mend}")
    sys.stdout.flush()
