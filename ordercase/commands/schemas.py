"""`ordercase schemas`: checks, registers and exports the Avro schemas."""

from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from ordercase import registry, settings, terminal
from ordercase.commands.options import Json
from ordercase.errors import refused, usage
from schemas import lint
from schemas.catalogue import everything

if TYPE_CHECKING:
    from schemas.registry import Checked

app = App(name="schemas", help="The Avro schemas: check, register, export.")


@app.command
def check(*, json: Json = False) -> None:
    """Checks every schema by our own rules and, when a registry is set, against what is registered (exit 1)."""
    read = settings.load()
    _lint()
    known = registry.of(read)
    if known is None:
        terminal.say("No schema registry is set: checked by our own rules only.")
        found = []
    else:
        with registry.in_words():
            found = known.check()
    wrong = [one for one in found if one.problems]
    if wrong:
        lines = [f"{one.subject}: {problem}" for one in wrong for problem in one.problems]
        raise refused("incompatible", f"{len(wrong)} schemas may not be registered.", *lines)
    if json:
        terminal.print_json([{"subject": one.subject, "state": _state(one)} for one in found])
    elif found:
        terminal.print_table(("subject", "state"), [(one.subject, _state(one)) for one in found])
    else:
        terminal.print_line(f"{len(everything())} schemas are in order.")


@app.command
def register(*, json: Json = False) -> None:
    """Registers every schema with its compatibility level; what is there stays. Nothing when one is incompatible (exit 1)."""
    known = registry.required(settings.load())
    _lint()
    try:
        with registry.in_words():
            done = known.register_all()
    except ValueError as error:
        raise refused("incompatible", "Nothing was registered.", *str(error).split("; ")) from None
    if json:
        terminal.print_json([{"subject": one.subject, "id": one.schema_id} for one in done])
    else:
        terminal.print_table(("subject", "id#"), [(one.subject, one.schema_id) for one in done])


@app.command
def export(folder: Path, *, json: Json = False) -> None:
    """Writes every schema as <full name>.avsc, one self-contained file each."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for schema in everything():
            (folder / f"{schema.full_name}.avsc").write_text(schema.text, encoding="utf-8")
    except OSError as error:
        raise usage("cannot_write", f"{folder} cannot be written to: {error.strerror}.") from None
    names = [f"{schema.full_name}.avsc" for schema in everything()]
    if json:
        terminal.print_json(names)
    else:
        terminal.print_line(f"{len(names)} schemas written to {folder}.")


def _lint() -> None:
    """Raises UserError `schema_lint` (status 1) when a schema of ours breaks our own rules."""
    mistakes = [
        f"{schema.full_name}: {mistake}" for schema in everything() for mistake in lint.own_schema(schema.schema)
    ]
    if mistakes:
        raise refused("schema_lint", f"{len(mistakes)} mistakes in the schemas.", *mistakes)


def _state(checked: "Checked") -> str:
    return "registered" if checked.registered else "may be registered"
