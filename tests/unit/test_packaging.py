"""What is shipped: the wheel, the image, the compose file, the pins."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["consumers", "domain", "ordercase", "producers", "schemas", "storage"]

COMMANDS_THAT_END = {"migrate", "topics", "schemas"}


@pytest.fixture(scope="module", name="project")
def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", name="wheel")
def _wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the files in a wheel that is built of this checkout."""
    to = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(to)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = to.glob("*.whl")
    with zipfile.ZipFile(built) as file:
        return file.namelist()


@pytest.fixture(scope="module", name="services")
def _services() -> dict[str, dict[str, Any]]:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return dict(compose["services"])


@pytest.mark.parametrize("name", PACKAGES)
def test_our_names_are_ours(name: str) -> None:
    """No other distribution in this environment brings a package of that name: they are common words."""
    assert set(packages_distributions().get(name, ["ordercase"])) == {"ordercase"}


@pytest.mark.checkout
def test_the_version_stands_in_one_place(project: dict[str, Any]) -> None:
    """The installed version is that of pyproject.toml, and no module says one of its own."""
    assert version("ordercase") == project["project"]["version"]
    said = [
        p for name in PACKAGES for p in (ROOT / name).rglob("*.py") if re.search(r"^__version__", p.read_text(), re.M)
    ]
    assert said == []


@pytest.mark.checkout
def test_it_cannot_be_published_by_mistake(project: dict[str, Any]) -> None:
    """The classifier makes the public index refuse it."""
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]


@pytest.mark.checkout
def test_the_wheel_carries_what_is_read_at_run_time(wheel: list[str]) -> None:
    """Every schema file and every migration, and the licence."""
    wanted = {
        path.relative_to(ROOT).as_posix()
        for pattern in ("schemas/avro/*.avsc", "storage/migrations/**/*.py", "storage/migrations/**/*.mako")
        for path in ROOT.glob(pattern)
    }
    assert wanted <= set(wheel)
    assert any(name.endswith("/licenses/LICENSE") for name in wheel)


@pytest.mark.checkout
def test_the_wheel_carries_nothing_else(wheel: list[str], project: dict[str, Any]) -> None:
    """Our packages and the metadata; no tests, no benchmarks."""
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    tops = {name.partition("/")[0] for name in wheel}
    assert tops == {*packages, f"ordercase-{project['project']['version']}.dist-info"}
    assert packages == sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))


@pytest.mark.checkout
def test_tests_have_no_packages() -> None:
    """`tests/domain/__init__.py` would shadow our `domain`."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.checkout
@pytest.mark.parametrize("name", ["build", "run", "dev"])
def test_requirements_are_pinned_with_hashes_and_no_address(name: str) -> None:
    """Each requirement has a version and a hash; none says where it is to be downloaded."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", re.sub(r"(?m)^\s*#.*\n?", "", text).strip())
    assert [e for e in entries if not re.match(r"[a-z0-9.\-]+(\[[a-z,]+\])?==\S+.*--hash=sha256:", e, re.S)] == []
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.checkout
def test_no_lock_file_lists_addresses() -> None:
    """The requirements are the lock; these formats name an index, which differs from place to place."""
    locks = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock", "package-lock.json")
    assert [name for name in locks if (ROOT / name).exists()] == []


@pytest.mark.checkout
def test_requirements_agree() -> None:
    """What the tests run with is what is run: the same version wherever a name is pinned."""
    pins = [
        dict(re.findall(r"(?m)^([a-z0-9.\-]+)==(\S+)", (ROOT / "requirements" / f"{name}.txt").read_text()))
        for name in ("dev", "run", "build")
    ]
    dev = pins[0]
    assert [(name, pin) for other in pins[1:] for name, pin in other.items() if dev.get(name) != pin] == []


@pytest.mark.checkout
def test_images_are_pinned(services: dict[str, dict[str, Any]]) -> None:
    """A tag with a full version, never `latest`; the Dockerfile's base too."""
    bases = re.findall(r"(?m)^FROM (\S+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    images = [service["image"] for service in services.values()] + bases
    assert [image for image in images if not re.search(r":\d+\.\d+(\.\d+)?(-[a-z]+)*$", image)] == []
    assert len(set(bases)) == 1


@pytest.mark.checkout
def test_our_image_has_the_projects_version(services: dict[str, dict[str, Any]], project: dict[str, Any]) -> None:
    assert services["worker"]["image"] == f"ordercase:{project['project']['version']}"


@pytest.mark.checkout
def test_services_are_hardened(services: dict[str, dict[str, Any]]) -> None:
    """No root, no capability, nothing written outside volumes and memory, no port beyond this machine."""
    for name, service in services.items():
        assert not str(service["user"]).startswith(("0", "root")), name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


@pytest.mark.checkout
def test_the_image_runs_as_a_number() -> None:
    """The last stage names a user that is not root, and the entry point is the command."""
    last = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[-1]
    assert re.search(r"(?m)^USER 10001:10001$", last)
    assert 'ENTRYPOINT ["ordercase"]' in last
    assert "HEALTHCHECK" in last


@pytest.mark.checkout
def test_the_image_gets_what_the_wheel_is_built_from(project: dict[str, Any]) -> None:
    """.dockerignore lets through the packages, the requirements and the files that pyproject.toml names, and no more."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line[1:] for line in lines if line.startswith("!")}
    metadata = {"pyproject.toml", project["project"]["readme"], *project["project"]["license-files"]}
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert let_through - {"console"} == packages | metadata | {"requirements"}


@pytest.mark.checkout
def test_nothing_waits_for_what_cannot_be_seen(services: dict[str, dict[str, Any]]) -> None:
    """Whoever waits for a healthy service waits for one with a health check; one-shot services are waited out."""
    for name, service in services.items():
        for other, wait in service.get("depends_on", {}).items():
            if other in COMMANDS_THAT_END:
                assert wait["condition"] == "service_completed_successfully", (name, other)
            else:
                assert wait["condition"] == "service_healthy", (name, other)
                assert "test" in services[other]["healthcheck"], other


@pytest.mark.checkout
def test_postgres_keeps_its_data(services: dict[str, dict[str, Any]]) -> None:
    """From 18 on the image's volume is /var/lib/postgresql; a volume on …/data would be empty after an upgrade."""
    assert services["postgres"]["image"].startswith("postgres:18")
    assert "postgres:/var/lib/postgresql" in services["postgres"]["volumes"]
