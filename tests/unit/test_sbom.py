"""The list of what a worker is made of names every pinned package once, with the hashes that pip holds it to."""

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="sbom", scope="module")
def _sbom() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "requirements" / "sbom.py"))


@pytest.mark.checkout
def test_every_requirement_stands_in_it_with_all_its_hashes(sbom: dict[str, Any]) -> None:
    text = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    made = sbom["bom"](text, "1.2.3")
    pinned = {line.split()[0] for line in text.splitlines() if line[:1].isalnum()}
    assert {f"{one['name']}=={one['version']}" for one in made["components"]} == pinned
    assert len(made["components"]) == len(pinned)
    assert sum(len(one["hashes"]) for one in made["components"]) == text.count("--hash=sha256:")
    assert made["metadata"]["component"]["version"] == "1.2.3"
    assert made == sbom["bom"](text, "1.2.3")
    (only,) = [one for one in made["components"] if one["name"] == "tzdata"]
    assert only["properties"] == [{"name": "python:marker", "value": "sys_platform == 'win32'"}]


@pytest.mark.checkout
@pytest.mark.parametrize("line", ["httpx>=1 --hash=sha256:" + "0" * 64, "httpx==1.0", "-e ."])
def test_what_is_not_pinned_or_has_no_hash_is_refused(sbom: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match="no pin or no hash"):
        sbom["bom"](line, "1")
