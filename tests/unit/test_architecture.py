"""Who may know whom, read from the source: imports point one way, and the domain is pure.

The README's section "Where things go" says the same in words.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]

# A folder, and the folders that it may import from beside itself.
MAY_IMPORT = {
    "domain": set[str](),
    "schemas": {"domain"},
    "storage": {"domain"},
    "consumers": {"domain", "schemas", "storage"},
    "producers": {"domain", "schemas", "storage"},
    "console": {"domain", "schemas", "storage"},
    "ordercase": {"console", "consumers", "domain", "producers", "schemas", "storage"},
}

# The domain is told the time, the ids and the policy; it reads nothing and says nothing.
IMPURE = {"asyncio", "logging", "multiprocessing", "os", "random", "secrets", "shutil", "socket", "subprocess"} | {
    "tempfile",
    "threading",
    "time",
    "urllib",
}
IMPURE_CALLS = {"now", "utcnow", "today", "uuid1", "uuid4", "open", "print", "input"}

READS_ENVIRONMENT = {"environ", "environb", "getenv", "putenv"}
MAY_READ_ENVIRONMENT = ("ordercase/settings.py", "ordercase/settings/")


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    """The top-level names that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def wrong_way(folder: str, tree: ast.AST) -> set[str]:
    """What a module of `folder` imports from our folders and may not."""
    return (
        (set(imported(tree)) & (set(MAY_IMPORT) | {"tests", "benchmarks", "examples"})) - {folder} - MAY_IMPORT[folder]
    )


def impure(tree: ast.AST) -> set[str]:
    """What a module of the domain imports or calls and may not."""
    found = {name for name in imported(tree) if name in IMPURE or name not in sys.stdlib_module_names | {"domain"}}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found |= {called} & IMPURE_CALLS
    return found


def environment_reads(tree: ast.AST) -> set[str]:
    """The ways in which a module gets at the process environment."""
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            found |= {node.attr} & READS_ENVIRONMENT
        elif isinstance(node, ast.ImportFrom) and node.module == "os":
            found |= {alias.name for alias in node.names} & READS_ENVIRONMENT
    return found


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_point_one_way(folder: str) -> None:
    """No module imports from a folder above it or beside it."""
    wrong = {
        str(path.relative_to(ROOT)): names for path in sources(folder) if (names := wrong_way(folder, parse(path)))
    }
    assert wrong == {}


def test_every_folder_of_the_wheel_has_a_place_in_the_picture() -> None:
    """A new top-level package is either in MAY_IMPORT or no package."""
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages <= set(MAY_IMPORT)


def test_the_domain_is_pure() -> None:
    """It imports the standard library only, and of that nothing that reads, waits, draws or speaks."""
    wrong = {path.name: names for path in sources("domain") if (names := impure(parse(path)))}
    assert wrong == {}


def test_only_the_settings_read_the_environment() -> None:
    """Everything else gets its settings as arguments."""
    wrong = {
        name: names
        for folder in MAY_IMPORT
        for path in sources(folder)
        if (names := environment_reads(parse(path)))
        and not (name := path.relative_to(ROOT).as_posix()).startswith(MAY_READ_ENVIRONMENT)
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("folder", "line", "names"),
    [
        ("domain", "from storage import tables", {"storage"}),
        ("domain", "def late():\n    import schemas.codec", {"schemas"}),
        ("schemas", "import storage.outbox as outbox", {"storage"}),
        ("consumers", "from producers.relay import Relay", {"producers"}),
        ("producers", "from consumers.loop import Loop", {"consumers"}),
        ("storage", "from ordercase.settings import Settings", {"ordercase"}),
        ("ordercase", "from tests.builders import order", {"tests"}),
        ("consumers", "from storage.outbox import head\nfrom domain import handling", set()),
    ],
)
def test_a_wrong_import_is_seen(folder: str, line: str, names: set[str]) -> None:
    """The rule finds an import wherever it stands in a module."""
    assert wrong_way(folder, ast.parse(line)) == names


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("import time", {"time"}),
        ("from datetime import datetime\nat = datetime.now()", {"now"}),
        ("import uuid\nid = uuid.uuid4()", {"uuid4"}),
        ("import pydantic", {"pydantic"}),
        ("import uuid\nid = uuid.uuid5(cause, 'return:0')", set()),
    ],
)
def test_an_impure_domain_is_seen(line: str, names: set[str]) -> None:
    """The rule finds clocks, chance and foreign packages."""
    assert impure(ast.parse(line)) == names


@pytest.mark.parametrize(
    "line", ["import os\nx = os.environ['A']", "import os\nos.getenv('A')", "from os import environ"]
)
def test_a_hidden_setting_is_seen(line: str) -> None:
    """The rule finds each way to the environment."""
    assert environment_reads(ast.parse(line))


def test_no_module_is_a_drawer() -> None:
    """A file is called what it is about; these names are about nothing."""
    drawers = {"base", "common", "helper", "helpers", "manager", "misc", "shared", "tools", "util", "utils"}
    found = [path for folder in MAY_IMPORT for path in sources(folder) if drawers & {path.stem, *path.parent.parts}]
    assert found == []
