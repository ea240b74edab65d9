"""A further process of one worker: a batch loop of its own, which ends with the process that was started, and it with it.

A loop uses one core, for Python runs one thread at a time. Each process is a member of the group like any worker; the
first one alone publishes.
"""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Final

from ordercase import child_process
from ordercase.errors import Exit, UserError
from ordercase.health import Check
from ordercase.settings import Settings, environment_with

LOOK_EVERY: Final = 0.2
PATIENCE: Final = 8.5
"""Seconds that it has to finish its batch in; the whole worker is promised to end within ten."""

ANSWERS_WITHIN: Final = 2.0


@dataclass(slots=True)
class FurtherProcess:
    """The nth process of the worker (the first is the one that was started). Its pages are n − 1 ports higher."""

    number: int
    settings: Settings
    _child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return f"process {self.number}"

    @property
    def port(self) -> int:
        """0: it serves no pages, as the first does not."""
        return self.settings.http_port and self.settings.http_port + self.number - 1

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; then its batch is finished. Raises UserError `process_ended` when it ends by itself."""
        with os.fdopen(os.dup(sys.stderr.fileno()), "wb") as log:
            child = self._child = child_process.start(
                [sys.executable, "-m", "ordercase", "run", "--consumers-only"],
                environment=environment_with(http_port=self.port),
                output=log,
            )
        try:
            while not stop.wait(LOOK_EVERY):
                status = child.poll()
                if status is not None:
                    raise _ended(self.name, status)
        finally:
            child_process.end(child, signal.SIGTERM, signal.SIGKILL, within=PATIENCE)

    def check(self, page: str) -> Check:
        """What it answers on /health/<page>."""
        if self._child is None or self._child.poll() is not None:
            return Check(ok=False, detail="it does not run")
        asked = HTTPConnection(self.settings.http_host, self.port, timeout=ANSWERS_WITHIN)
        try:
            asked.request("GET", f"/health/{page}")
            status = asked.getresponse().status
        except (OSError, HTTPException) as error:
            return Check(ok=False, detail=f"no answer on port {self.port}: {type(error).__name__}")
        finally:
            asked.close()
        return Check(ok=status == 200, detail=f"see port {self.port}")


def _ended(name: str, status: int) -> UserError:
    known = status if status in (Exit.USAGE, Exit.ENVIRONMENT) else Exit.REFUSED
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    return UserError(
        "process_ended", f"{name} of this worker has ended {how}; its last lines above say why.", Exit(known)
    )
