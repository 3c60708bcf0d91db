"""The frame of the project: the commands it promises, the pins, and what must not stand in its files."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", re.MULTILINE)
PLACES_OF_ONE_MACHINE = re.compile(r"(?<![\w.:/-])/(?:work|root|home/\w+|Users/\w+)/")


def fold(name: str) -> str:
    """A package's name in its one normal spelling, after PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_wishes(name: str) -> set[str]:
    """The packages that a *.in file asks for, those of the files it includes among them."""
    wishes: set[str] = set()
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        wish = line.partition("#")[0].strip()
        if wish.startswith("-r "):
            wishes |= read_wishes(wish.removeprefix("-r ").strip())
        elif wish:
            wishes.add(fold(re.split(r"[\[<>=!~; ]", wish)[0]))
    return wishes


def read_pins(name: str) -> dict[str, str]:
    """Package and version of every pin in a *.txt file."""
    found = PIN.findall((ROOT / name).read_text(encoding="utf-8"))
    return {fold(package): version for package, version in found}


def list_files() -> list[Path]:
    """Every file that is in the repository or would be added to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("target", ["setup", "run", "serve", "test", "lint", "lock", "audit", "messages"])
def test_make_knows_what_it_would_do_for_each_promised_target(target: str) -> None:
    """Other programs and checks call these targets; make can lay each of them out from what is here."""
    said = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_everything_asked_for_is_pinned(name: str) -> None:
    """What stands in the .in file has a version in the .txt file; `make lock` mends it."""
    assert read_wishes(f"{name}.in") <= read_pins(f"{name}.txt").keys()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_a_hash(name: str) -> None:
    """pip refuses anything that is not the very file that was pinned."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    bare = [block.partition("\n")[0] for block in blocks if PIN.match(block) and "--hash=sha256:" not in block]
    assert bare == []


def test_the_tests_run_with_the_versions_that_people_run() -> None:
    """What is pinned for the program has the same version among the pins of the tests."""
    assert read_pins("requirements.txt").items() <= read_pins("requirements-dev.txt").items()


def test_every_tool_that_make_calls_is_pinned() -> None:
    """A target must not depend on what somebody happened to have installed."""
    called = set(re.findall(r"\$\(BIN\)/([a-z-]+)", (ROOT / "Makefile").read_text(encoding="utf-8")))
    packages = {"lint-imports": "import-linter"}
    tools = {packages.get(tool, tool) for tool in called - {"python", "pip"}}
    assert tools <= read_pins("requirements-dev.txt").keys()


def test_no_file_names_a_place_on_one_machine() -> None:
    """Whoever clones the repository has other folders than whoever wrote it."""
    found = []
    for path in list_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a sound
        found += [f"{path.relative_to(ROOT)}: {place}" for place in PLACES_OF_ONE_MACHINE.findall(text)]
    assert found == []


def test_a_place_on_one_machine_would_be_found() -> None:
    """The rule above sees such a path, and does not take a part of an address for one."""
    assert PLACES_OF_ONE_MACHINE.search("see /" + "home/someone/notes.txt")
    assert not PLACES_OF_ONE_MACHINE.search("https://example.org/" + "work/here")


def test_what_a_running_program_writes_stays_out_of_the_repository() -> None:
    """Secrets and data of `make run` and of a server in this folder are ignored by git."""
    written = ["var/demo.env", "var/demo.db", "nhipcau.db", "nhipcau.db-wal", "nhipcau.db-shm", ".env"]
    said = subprocess.run(["git", "check-ignore", *written], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.stdout.split() == written


def test_the_licence_is_whole() -> None:
    """The full text of the Apache License 2.0, from its title to its appendix."""
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert "9. Accepting Warranty or Additional Liability." in text
