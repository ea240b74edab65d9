"""A worker as a process that is signalled, killed, and asked for what it said last."""

import json
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Worker:
    """One `ordercase run`. `slot` says through which doors it goes."""

    slot: str
    process: "subprocess.Popen[bytes]"
    log_path: Path
    port: int

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and gone when this returns."""
        self.signal(signal.SIGKILL)
        self.process.wait(20)

    def said(self, event: str) -> int:
        """How often the log has this event."""
        return sum(_field(line, "event") == event for line in self.log.splitlines())

    def stopped_with(self) -> tuple[str, str] | None:
        """(code, sentence) of what it died of: the code that it logged, the sentence that it printed last."""
        told = [line.removeprefix("ordercase: ") for line in self.log.splitlines() if line.startswith("ordercase: ")]
        codes = [_field(line, "code") for line in self.log.splitlines() if _field(line, "event") == "part died"]
        # Before anything ran there is no part that died: then the code stands below the sentence alone.
        codes += [line.strip(" []") for line in self.log.splitlines() if line.startswith("  [")]
        return (codes[0], told[-1]) if codes and told else ("", told[-1]) if told else None


def _field(line: str, name: str) -> str:
    """What a line of the log says under this name; "" where it does not."""
    with suppress(ValueError):
        return str(json.loads(line).get(name, ""))
    return ""
