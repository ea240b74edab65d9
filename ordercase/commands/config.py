"""`ordercase config`: the settings as this process reads them."""

from cyclopts import App

from ordercase import settings, terminal
from ordercase.commands.options import Json

app = App(name="config", help="The settings as they are read.")


@app.command
def show(*, json: Json = False) -> None:
    """Every setting with its value and where it comes from. Secrets are masked."""
    rows = settings.shown(settings.load())
    if json:
        terminal.print_json([{"name": name, "value": value, "from": source} for name, value, source in rows])
    else:
        terminal.print_table(("setting", "value", "from"), rows)
