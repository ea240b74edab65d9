"""What is said when a real system cannot be had, and the record of which ones a run used."""

import os
from dataclasses import dataclass, field
from typing import Final, NoReturn

import pytest

REQUIRED: Final = os.environ.get("ORDERCASE_TEST_REQUIRE_REAL") == "1"
"""Set by continuous integration: a real system that is missing is then a failure, not a skip."""


class Missing(Exception):
    """A real system cannot be had on this machine; the text says which and why."""


@dataclass
class Report:
    """What the summary at the end of a run says. `used`: kind → where it came from; `missing`: kind → why not."""

    used: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


NOT_PROVEN: Final = {
    "Kafka": "exactly-once publication, takeover of the relay, offsets, rebalances",
    "Registry": "registration, lookup and compatibility of the schemas",
    "PostgreSQL": "anything that is kept",
}


def give_up(report: Report, kind: str, why: Missing) -> NoReturn:
    """Skips the test that asked, or fails it where real systems are required; the summary says it once, loudly."""
    report.missing[kind] = str(why)
    sentence = f"no real {kind}: {why}"
    if REQUIRED:
        pytest.fail(f"{sentence} (ORDERCASE_TEST_REQUIRE_REAL=1)", pytrace=False)
    pytest.skip(sentence)
