"""`ordercase doctor`: looks at everything, says how to mend what is red."""

import logging
import sys

from ordercase import settings, terminal
from ordercase.commands.options import Json
from ordercase.doctor import Colour, Finding, examine
from ordercase.errors import Exit

SIGNS = {Colour.GREEN: "ok", Colour.YELLOW: "note", Colour.RED: "RED", Colour.GREY: "–"}


def doctor(*, json: Json = False) -> int:
    """Database, migrations, roles, clocks, queues, Kafka, topics, registry, policy. Exit 1 when a line is red."""
    read = settings.load()
    # what a client says of its connection stands in the findings already
    logging.getLogger("librdkafka").setLevel(logging.CRITICAL)
    findings = []
    for finding in examine(read):
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
