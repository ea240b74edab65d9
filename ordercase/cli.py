"""The command line: which commands there are, and how each of them ends.

Every command lives in `ordercase/commands/`, one file a group, and is imported when it is called, so that `--help` is
quick. A command returns None or an exit status; what a person can mend is raised as UserError and shown without a
traceback.
"""

import difflib
import os
import sys
from collections.abc import Sequence
from typing import Final

from cyclopts import App, CycloptsError, UnknownCommandError

from ordercase.errors import Exit, UserError, usage
from ordercase.terminal import say, say_error

COMMANDS: Final = {
    "demo": ("demo:demo", "A shop's day on an embedded database and broker, told live. Needs nothing else."),
    "run": ("run:run", "The worker: reads Kafka, keeps the order file, publishes what came of it."),
    "migrate": ("migrate:migrate", "Brings the database to this version's shape."),
    "topics": ("topics:app", "The topics: what is missing or differs, and creating them."),
    "schemas": ("schemas:app", "The Avro schemas: check, register, export."),
    "send": ("send:send", "Sends commands from a JSON file and waits for the answers."),
    "orders": ("orders:app", "Orders: find, show, export, explain."),
    "cases": ("cases:app", "Cases: list, show, report."),
    "parked": ("parked:app", "Messages that could not be applied: list, show, replay, discard, add."),
    "waiting": ("waiting:app", "Messages that wait for an order not known yet."),
    "simulate": ("simulate:simulate", "Plays shop, warehouse, gateway, notifier and agents against a running worker."),
    "doctor": ("doctor:doctor", "Looks at everything the worker needs and says how to mend what is red."),
    "erase": ("erase:erase", "Takes a customer's personal data out of everything that is stored."),
    "rebuild": ("rebuild:rebuild", "Makes stored things again from their histories where they differ."),
    "config": ("config:app", "The settings as they are read."),
    "policy": ("policy:app", "The policy file: check it, show what holds."),
}
"""Command → (where it is, what `--help` says)."""

app = App(
    name="ordercase",
    help="Follows what went wrong with customers' orders until the world has really put it right, over Kafka.",
    help_epilogue="Exit status: 0 done · 1 refused, not found, behind, wrong · 2 usage, settings or policy"
    " · 3 no answer in time · 4 environment missing or unreachable.",
    suppress_keyboard_interrupt=False,
)
for _name, (_place, _help) in COMMANDS.items():
    app.command(f"ordercase.commands.{_place}", name=_name, help=_help)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and ends the process with its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(status_of(given))


def status_of(arguments: Sequence[str]) -> int:
    """Runs one command; its exit status. Raises SystemExit where the command line itself was wrong (2)."""
    try:
        result = app(list(arguments), result_action="return_value", print_error=False, exit_on_error=False)
        sys.stdout.flush()
    except CycloptsError as error:
        return _refuse(_mistyped(error), arguments)
    except UserError as error:
        return _refuse(error, arguments)
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    except BrokenPipeError:
        # Who reads our output has closed it, as `head` does; nothing is wrong and nothing more can be printed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.DONE)
    return int(result) if isinstance(result, int) else int(Exit.DONE)


def _refuse(error: UserError, arguments: Sequence[str]) -> int:
    say_error(error, as_json="--json" in arguments)
    return int(error.status)


def _mistyped(error: CycloptsError) -> UserError:
    """What is wrong with the words of the command line, and where to read on."""
    chain = " ".join(error.command_chain or ())
    if isinstance(error, UnknownCommandError) and not chain:
        word = (error.unused_tokens or ["?"])[0]
        near = difflib.get_close_matches(word, list(COMMANDS), n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        return usage("usage", f"There is no command {word!r}.{meant} See `ordercase --help`.")
    sentence = " ".join(str(error).split())
    return usage("usage", f"{sentence} See `{' '.join(filter(None, ('ordercase', chain)))} --help`.")
