"""The time that a run goes by: this machine's, or one that a test moves on by days at once."""

import time


class Clock:
    """The time of this machine."""

    nap = 0.05
    """Seconds that may be waited at once when nothing is due."""
    moves = False
    """Whether days may be waited for."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def now(self) -> int:
        """µs since 1970 UTC."""
        return time.time_ns() // 1000
