"""`make sbom`: what a worker is made of, as a CycloneDX 1.6 document made of requirements/run.txt alone.

The same requirements make the same document, to the byte: there is no time in it, and its serial number is taken from
what it lists. Every package comes with the hashes that pip holds its files to.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

HERE: Final = Path(__file__).parent
_PINNED: Final = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]*?))?\s*\\?$")
_HASH: Final = re.compile(r"--hash=sha256:(?P<hash>[0-9a-f]{64})")


def components(text: str) -> Iterator[dict[str, Any]]:
    """One component a pinned requirement. Raises ValueError for a requirement without pin or hash."""
    logical = text.replace("\\\n", " ")
    for line in logical.splitlines():
        plain = line.partition("#")[0].strip()
        if not plain:
            continue
        found = _PINNED.match(plain.partition("--hash")[0].strip())
        hashes = _HASH.findall(plain)
        if found is None or not hashes:
            raise ValueError(f"no pin or no hash: {plain[:80]}")
        yield _component(found["name"].lower(), found["version"], found["marker"], hashes)


def _component(name: str, version: str, marker: str | None, hashes: list[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{name}@{version}"
    only = [{"name": "python:marker", "value": marker}] if marker else []
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": one} for one in hashes],
        **({"properties": only} if only else {}),
    }


def bom(requirements: str, version: str) -> dict[str, Any]:
    """The document."""
    listed = list(components(requirements))
    ours = f"pkg:generic/ordercase@{version}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps([version, listed]))}",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": ours, "name": "ordercase", "version": version}},
        "components": listed,
        "dependencies": [{"ref": ours, "dependsOn": [one["bom-ref"] for one in listed]}],
    }


def main() -> int:
    """Prints it."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    made = bom((HERE / "run.txt").read_text(encoding="utf-8"), project["version"])
    sys.stdout.write(json.dumps(made, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
