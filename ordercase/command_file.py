"""Commands from a JSON file: every mistake of every command at once, and nothing is sent when there is one."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from ordercase.errors import usage
from schemas.commands_json import CommandMistake, WrittenCommand, read_command


@dataclass(frozen=True, slots=True)
class CommandFile:
    """`many`: the file holds an array, be it of one."""

    commands: tuple[WrittenCommand, ...]
    many: bool


def read(path: Path, now: int) -> CommandFile:
    """The commands of a file, or of stdin for `-`: one object or an array. `now` (µs) is when they are issued.

    Raises UserError `no_file`, `bad_json` or `bad_command` (status 2).
    """
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise usage("no_file", f"{path} cannot be read: {reason}.") from None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise usage("bad_json", f"{path} is not JSON: {error}.") from None
    commands, mistakes = [], []
    for number, written in enumerate(parsed if isinstance(parsed, list) else [parsed], 1):
        try:
            commands.append(read_command(written, now))
        except CommandMistake as mistake:
            mistakes.append(f"command {number}: {mistake}")
    if mistakes:
        raise usage("bad_command", f"{path} holds what cannot be sent; nothing was sent.", *mistakes)
    return CommandFile(tuple(commands), isinstance(parsed, list))
