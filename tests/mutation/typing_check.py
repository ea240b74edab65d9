"""Which surviving mutants the type checker refuses: such a change cannot get past `make check` either."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutation.mutants import Mutant

_OF_THE_COPY = ("override", "unused-ignore")
"""What mypy may say of a copy that stands beside its original, whatever was changed in it."""


def refused(mutants: Iterable[Mutant]) -> dict[str, str]:
    """By the name of a mutant, what mypy says against it. One run for all: they stand below their file, in a copy."""
    by_file: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_file[mutant.path].append(mutant)
    if not by_file:
        return {}
    with TemporaryDirectory() as folder:
        where: dict[str, dict[int, str]] = {}
        shadows: list[str] = []
        for path, found in by_file.items():
            copy = Path(folder) / path.replace("/", "_")
            text, where[path] = _with_mutants(Path(path).read_text(encoding="utf-8"), found)
            copy.write_text(text, encoding="utf-8")
            shadows += ["--shadow-file", path, str(copy)]
        return _said(shadows, sorted(by_file), where)


def _with_mutants(text: str, mutants: list[Mutant]) -> tuple[str, dict[int, str]]:
    """The file with its mutants below, and whose each of their lines is. A method's stands in a class of the same kind."""
    lines = text.splitlines()
    owner_of: dict[int, str] = {}
    for count, mutant in enumerate(mutants):
        body = mutant.source.splitlines()
        if mutant.owner:
            body[0] = f"class _Mutant{count}({mutant.owner}):"
        else:
            body[0] = body[0].replace(f"def {mutant.function}", f"def _mutant_{count}", 1)
        owner_of.update(dict.fromkeys(range(len(lines) + 1, len(lines) + len(body) + 1), mutant.name))
        lines += body
    return "\n".join(lines) + "\n", owner_of


def _said(shadows: list[str], paths: list[str], where: dict[str, dict[int, str]]) -> dict[str, str]:
    command = [sys.executable, "-m", "mypy", "--output=json", "--cache-dir=/dev/null", *shadows, *paths]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found: dict[str, str] = {}
    for row in ran.stdout.splitlines():
        error = json.loads(row)
        name = where.get(error["file"], {}).get(error["line"])
        if name and error["severity"] == "error" and error["code"] not in _OF_THE_COPY:
            found.setdefault(name, f"{error['message']} [{error['code']}]")
    return found
