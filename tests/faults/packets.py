"""Packets that get lost: dropped by the kernel where it lets us, else what TCP makes of lost packets, done by the proxy.

The kernel's own emulator (`tc netem`) is left out of many kernels. A rule of nftables loses packets as well, and of our
ports alone; each port is on its list for some seconds only, so that nothing stays behind should we be killed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tests.faults.proxy import Link

_RULES = """
table inet {table} {{
    set ports {{ type inet_service; flags timeout; }}
    chain lose {{
        type filter hook input priority 0;
        tcp dport @ports numgen random mod 100 < {percent} drop
        tcp sport @ports numgen random mod 100 < {percent} drop
    }}
}}
add element inet {table} ports {{ {ports} }}
"""


@contextmanager
def lost(links: Iterable[Link], percent: int, seconds: int) -> Iterator[str]:
    """So many packets in a hundred get lost, each way, between these links and who is connected to them; for `seconds` at
    most. Gives who does it, for the reader of a run."""
    links = list(links)
    table = f"ordercase_{os.getpid()}"
    ports = ", ".join(f"{link.port} timeout {seconds}s" for link in links)
    if _nft(_RULES.format(table=table, percent=percent, ports=ports)):
        try:
            yield "the kernel"
        finally:
            _nft(f"delete table inet {table}\n")
        return
    try:
        for link in links:
            link.loss = percent / 100
        yield "the proxy"
    finally:
        for link in links:
            link.loss = 0.0


def _nft(rules: str) -> bool:
    """Whether nftables took them."""
    command = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin")
    if sys.platform != "linux" or os.geteuid() != 0 or command is None:
        return False
    done = subprocess.run([command, "-f", "-"], input=rules, text=True, capture_output=True, check=False)
    return done.returncode == 0
