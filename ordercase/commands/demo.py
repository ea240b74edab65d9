"""`ordercase demo`: a shop's day with nothing installed but this."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from ordercase import logs
from ordercase.demo import DAY, FOLDER, run_demo


def demo(
    *,
    once: Annotated[bool, Parameter(negative="", help="End after the stories.")] = False,
    seconds: Annotated[float, Parameter(help="How long the day lasts.", validator=validators.Number(gt=0))] = DAY,
    folder: Annotated[Path, Parameter(help="Where everything of the demo lies while it runs.")] = FOLDER,
) -> int:
    """Starts a database and a broker where none is set, a worker, and plays a shop's day; then tells the stories."""
    logs.configure("warning")
    return run_demo(once=once, seconds=seconds, folder=folder)
