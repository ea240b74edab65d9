"""`ordercase simulate`: a seeded outside world against a running worker."""

from typing import Annotated

from cyclopts import Parameter, validators

from ordercase import logs, settings
from ordercase.commands.options import Json
from ordercase.simulate import run_simulate

Count = Annotated[int, Parameter(validator=validators.Number(gte=1))]


def simulate(
    *,
    orders: Count = 200,
    seed: int = 1,
    rate: Annotated[float | None, Parameter(help="Orders a second; as fast as it goes without.")] = None,
    chaos: Annotated[bool, Parameter(negative="", help="Repeats, disorder and late answers as well.")] = False,
    json: Json = False,
) -> int:
    """Plays whole stories over Kafka and checks how each came out (exit 1 when one is wrong). Needs a running worker.

    Each order's money must be the gateway's own to the cent. With ORDERCASE_POLICY_FILE naming ordercase/simulate/channels.toml,
    for the worker too, stories about other switches and about times that run out are told as well.
    """
    read = settings.load()
    logs.configure("warning", read.log_format)
    return run_simulate(read, orders=orders, seed=seed, rate=rate, chaos=chaos, json=json)
