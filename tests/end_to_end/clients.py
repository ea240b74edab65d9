"""Clients of others that read what is committed: kcat and Kafka's own console consumer."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.real.java import java, kafka_jars
from tests.real.missing import REQUIRED, Missing

Place = tuple[str, int, int, str]
"""(topic, partition, offset, key)."""

WITHIN: Final = 60
QUIET_MS: Final = 4000
"""The console consumer ends when nothing has come for so long."""


def kcat(bootstrap_servers: str, topic: str) -> list[Place]:
    """Where it finds messages, with their keys."""
    if not shutil.which("kcat"):
        if REQUIRED:
            pytest.fail("no `kcat` on the PATH (ORDERCASE_TEST_REQUIRE_REAL=1)", pytrace=False)
        pytest.skip("NOT PROVEN: that kcat reads what we publish; there is none on the PATH")
    read = ["kcat", "-C", "-b", bootstrap_servers, "-t", topic, "-o", "beginning", "-e", "-q"]
    return _places(topic, [*read, "-X", "isolation.level=read_committed", "-f", "%p %o %k\\n"])


def console_consumer(bootstrap_servers: str, topic: str) -> list[Place]:
    """The same by the consumer that comes with Kafka."""
    try:
        command = java("-cp", f"{kafka_jars()}/*", "org.apache.kafka.tools.consumer.ConsoleConsumer")
    except Missing as why:
        pytest.skip(f"NOT PROVEN: that Kafka's console consumer reads what we publish; {why}")
    command += ["--bootstrap-server", bootstrap_servers, "--topic", topic, "--from-beginning"]
    command += ["--isolation-level", "read_committed", "--timeout-ms", str(QUIET_MS)]
    shown = {"key": "true", "value": "false", "partition": "true", "offset": "true", "key.separator": " "}
    for name, value in shown.items():
        command += ["--formatter-property", f"print.{name}={value}" if name != "key.separator" else f"{name}={value}"]
    return _places(topic, command)


def _places(topic: str, command: Sequence[str | Path]) -> list[Place]:
    """What was printed as `partition offset key` lines, the words before the numbers aside."""
    # The console consumer ends with an error when nothing more comes, which is how it is told to end.
    printed = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False)
    found = []
    for line in printed.stdout.splitlines():
        words = line.replace("Partition:", "").replace("Offset:", "").split(" ", 2)
        if len(words) == 3 and words[0].isdigit() and words[1].isdigit():
            found.append((topic, int(words[0]), int(words[1]), words[2]))
    assert found or not printed.stdout.strip(), printed.stdout[:500] + printed.stderr[-500:]
    return found
