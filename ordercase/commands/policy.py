"""`ordercase policy`: checks a policy file, and shows what holds in a sales channel."""

from dataclasses import asdict
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
    """The policy in force: the defaults, or those of one sales channel. Durations in µs, amounts in minor units."""
    read = policies.of(settings.load())
    policy = read.default if channel is None else read.of(channel)
    sections = {
        name: {key.rstrip("_"): value for key, value in section.items()} for name, section in asdict(policy).items()
    }
    if json:
        terminal.print_json({"version": read.version, "channel": channel, "policy": sections, "roles": read.roles})
        return
    terminal.print_line(f"Policy {read.version}, {f'channel {channel}' if channel else 'default'}")
    rows = [(name, key, value) for name, section in sections.items() for key, value in section.items()]
    terminal.print_table(("section", "key", "value"), rows)
    terminal.print_table(("role", "rights"), [(role, ", ".join(rights)) for role, rights in read.roles.items()])


def _channels(read: Policies) -> str:
    return (
        f"channels with rules of their own: {', '.join(sorted(read.channels))}"
        if read.channels
        else "one for all channels"
    )
