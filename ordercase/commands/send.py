"""`ordercase send`: commands from a JSON file, one after the other, each after the reply to the one before."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, validators

from ordercase import command_file, kafka, registry, settings, terminal
from ordercase.commands.options import Json
from ordercase.errors import Exit, UserError, no_answer
from ordercase.settings import Settings
from producers.commands import ANSWER_WITHIN, CommandSender, NoAnswer
from schemas.codec import Codec
from schemas.commands_json import WrittenCommand
from storage.queries.times import with_iso

Seconds = Annotated[float, Parameter(validator=validators.Number(gt=0))]
Reply = dict[str, Any]


def send(file: Path, *, timeout: Seconds = ANSWER_WITHIN, json: Json = False) -> int:
    """Sends the command, or the array of commands, in FILE (- for stdin) and prints each reply.

    A command is an object with "type" and its fields; command_id, issued_at and actor (cli, manager, every channel) are
    filled in. With --json one object for one command, an array for an array. Exit 1 when one is refused, 3 when none answers within --timeout seconds.
    """
    read = settings.load()
    written = command_file.read(file, time.time_ns() // 1000)
    replies: list[Reply] = []
    try:
        for command, reply in _answered(read, written.commands, timeout):
            replies.append(reply)
            if not json:
                _print(command, reply)
    except UserError as error:
        if error.status is Exit.NO_ANSWER:
            error.facts = {"message": error.sentence, "replies": replies}
        raise
    if json:
        terminal.print_json(replies if written.many else replies[0])
    return Exit.DONE if all(reply["status"] == "ACCEPTED" for reply in replies) else Exit.REFUSED


def _answered(
    read: Settings, commands: Iterable[WrittenCommand], timeout: float
) -> Iterator[tuple[WrittenCommand, Reply]]:
    codec = Codec(registry.of(read))
    try:
        with kafka.in_words(), registry.in_words(), CommandSender(read.kafka_properties, codec) as sender:
            for command in commands:
                name = command.record.removeprefix("commands.")
                reply = with_iso(sender.send(name, command.value, timeout=timeout))
                yield command, dict(reply) if isinstance(reply, dict) else {}
    except NoAnswer as error:
        raise no_answer("no_answer", f"{str(error).removeprefix('no_answer: ')}.") from None


def _print(command: WrittenCommand, reply: Reply) -> None:
    name = command.record.removeprefix("commands.")
    refused = "" if reply["code"] is None else f" [{reply['code']}]"
    dry = " (dry run)" if reply["dry_run"] else ""
    terminal.print_line(f"{name} {reply['status'].lower()}{dry}{refused}: {reply['message']}")
    made = {
        reply["entity_type"] or "entity": reply["entity_id"],
        "version": reply["version"],
        "command": command.command_id,
    }
    terminal.print_pairs(made)
    if reply["preview"]:
        shown = {name.replace("_", " "): value for name, value in reply["preview"].items() if value not in (None, [])}
        terminal.print_pairs(shown)
