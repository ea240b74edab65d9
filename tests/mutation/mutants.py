"""The mutants of a file: what mutmut would change in it, one at a time, and where."""

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

_NAMED = re.compile(r"x(?:_|ǁ(?P<owner>.+)ǁ)(?P<name>.+?)__mutmut_(?P<number>\d+)$")
_KEPT_DECORATORS = ("staticmethod", "classmethod")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed copy of a function. `first` and `last` are the lines of the file whose tests can tell it apart."""

    path: str
    owner: str
    """The class of a method, else empty."""
    function: str
    number: int
    source: str
    """The whole function, changed; as it stands at the left margin."""
    change: str
    """What differs, as a diff without context."""
    first: int
    last: int
    digest: str
    """Of the function as it was: results hold as long as this is the same."""

    @property
    def name(self) -> str:
        owner = f"{self.owner}." if self.owner else ""
        return f"{self.path.removesuffix('.py').replace('/', '.')}.{owner}{self.function}:{self.number}"


def mutants_of(path: Path) -> list[Mutant]:
    """All mutants that mutmut makes of the functions and methods of this file, in its order."""
    from mutmut.mutation.file_mutation import mutate_file_contents

    text = _undecorated(path.read_text(encoding="utf-8"))
    originals = {(owner, function.name): function for owner, function in _functions(ast.parse(text))}
    lines = text.splitlines()
    changed = mutate_file_contents(str(path), text).code
    changed_lines = changed.splitlines()
    found: list[Mutant] = []
    for owner, function in _functions(ast.parse(changed)):
        named = _NAMED.match(function.name)
        if named is None:
            continue
        name = named["name"]
        original = originals[owner, name]
        if _as_words_apart(function, named=name) == _as_words_apart(original, named=name):
            continue
        before = lines[original.lineno - 1 : original.end_lineno]
        after = [line.replace(function.name, name) for line in changed_lines[function.lineno - 1 : function.end_lineno]]
        first, last = _where(original, before, after)
        found.append(
            Mutant(
                path=str(path),
                owner=owner,
                function=name,
                number=int(named["number"]),
                source=_at_the_margin(after),
                change=_diff(before, after),
                first=first,
                last=last,
                digest=hashlib.sha256("\n".join(before).encode()).hexdigest()[:12],
            )
        )
    return found


def _functions(module: ast.Module) -> Iterator[tuple[str, Function]]:
    """The functions and methods, with the class of each."""
    for node in module.body:
        if isinstance(node, Function):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, part) for part in node.body if isinstance(part, Function))


def _undecorated(text: str) -> str:
    """Decorators of functions as blank lines: mutmut leaves decorated functions alone, and we change their insides only."""
    lines = text.splitlines()
    for _, function in _functions(ast.parse(text)):
        for decorator in function.decorator_list:
            if ast.unparse(decorator) not in _KEPT_DECORATORS:
                for number in range(decorator.lineno - 1, decorator.end_lineno or decorator.lineno):
                    lines[number] = ""
    return "\n".join(lines) + "\n"


class _WordsApart(ast.NodeTransformer):
    """Every text with a blank in it is the same text: sentences are for people, tests hold what they tell."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("words") if isinstance(node.value, str) and " " in node.value else node


def _as_words_apart(function: Function, named: str) -> str:
    copy = ast.parse(ast.unparse(function)).body[0]
    assert isinstance(copy, Function)
    copy.name = named
    return ast.dump(_WordsApart().visit(copy))


def _where(function: Function, before: list[str], after: list[str]) -> tuple[int, int]:
    """The lines of the innermost statement that holds all that differs: only who runs these can see the change."""
    same_above = _alike(before, after)
    same_below = min(_alike(before[::-1], after[::-1]), len(before) - same_above, len(after) - same_above)
    first = function.lineno + same_above
    last = max(first, function.lineno + len(before) - same_below - 1)
    around = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.stmt) and node.lineno <= first and last <= (node.end_lineno or node.lineno)
    ]
    inner = min(reversed(around), key=lambda node: (node.end_lineno or node.lineno) - node.lineno)
    if inner is function:
        return function.body[0].lineno, function.end_lineno or function.lineno
    return inner.lineno, last


def _alike(one: list[str], other: list[str]) -> int:
    """How many lines at the beginning are the same."""
    for count, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return count
    return min(len(one), len(other))


def _at_the_margin(lines: list[str]) -> str:
    margin = len(lines[0]) - len(lines[0].lstrip())
    if not margin:
        return "\n".join(lines) + "\n"
    return "class _:\n" + "\n".join(lines) + "\n"


def _diff(before: list[str], after: list[str]) -> str:
    said = list(unified_diff(before, after, lineterm="", n=0))[3:]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in said if not line.startswith("@@"))
