"""Kafka's own command line tools, called as an administrator reads them in a document or in what a command says."""

import shlex
import signal
import subprocess
from pathlib import Path
from typing import IO, Final

from ordercase import child_process
from tests.real.java import java, kafka_jars

_CLASSES: Final = {
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
}
"""What the shell scripts of the distribution start."""


def start(line: str, servers: str, *more: str | Path, log: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Starts the tool of a line in which HOST:PORT stands for the cluster; `more` arguments follow. Raises Missing."""
    name, *arguments = shlex.split(line)
    arguments[arguments.index("HOST:PORT")] = servers
    command = java("-cp", f"{kafka_jars()}/*", _CLASSES[name])
    return child_process.start([*command, *arguments, *more], dies_by=signal.SIGKILL, output=log)
