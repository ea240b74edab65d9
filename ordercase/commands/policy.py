"""`ordercase policy`: checks a policy file, and shows what holds in a sales channel."""

from json import dumps as as_json
from pathlib import Path

from cyclopts import App

from domain.policy import Policies
from ordercase import policies, settings, terminal
from ordercase.commands.options import Json

app = App(name="policy", help="The policy file: check it, show what holds.")


@app.command
def check(file: Path, *, json: Json = False) -> None:
    """Reads a policy file as the worker would; every mistake with its line (exit 2)."""
    read = policies.from_file(file)
    if json:
        terminal.print_json({"version": read.version, "channels": sorted(read.channels), "mistakes": []})
    else:
        terminal.print_line(f"{file}: right. Version {read.version}, {_channels(read)}.")


@app.command
def show(*, channel: str | None = None, json: Json = False) -> None:
    """The policy in force: the defaults, or those of one sales channel, as one would write them."""
    read = policies.of(settings.load())
    policy = policies.as_file(read.default if channel is None else read.of(channel))
    if json:
        terminal.print_json({"version": read.version, "channel": channel, "policy": policy, "roles": read.roles})
        return
    terminal.print_line(f"Policy {read.version}, {f'channel {channel}' if channel else 'default'}")
    rows = [(section, key, as_json(value)) for section, keys in policy.items() for key, value in keys.items()]
    terminal.print_table(("section", "key", "value"), rows)
    terminal.print_table(("role", "rights"), [(role, ", ".join(rights)) for role, rights in read.roles.items()])


def _channels(read: Policies) -> str:
    return (
        f"channels with rules of their own: {', '.join(sorted(read.channels))}"
        if read.channels
        else "one for all channels"
    )
