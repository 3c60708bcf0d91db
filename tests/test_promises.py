"""What the README promises stands beside the test that would notice if it became false."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
NAMED = re.compile(r"\[`(?P<name>test_\w+)`\]\((?P<file>tests/[\w/]+\.py)\)")


def rows_of_promises() -> list[str]:
    """The lines of the README's table of promises."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("## What it promises")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| Promise")]


def names_of_tests(file: str) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_promise_names_a_test_that_exists() -> None:
    """No promise without its test; a test that is renamed takes the README along."""
    rows = rows_of_promises()
    assert len(rows) >= 10
    for row in rows:
        named = list(NAMED.finditer(row))
        assert named, f"no test beside: {row}"
        for found in named:
            assert found["name"] in names_of_tests(found["file"]), f"{found['file']} has no {found['name']}"


def test_every_file_the_readme_points_at_exists() -> None:
    """A link that leads nowhere is a promise broken."""
    for page in ("README.md", "CONTRIBUTING.md", "docs/architecture.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!http)([^)#]+)", text) + re.findall(r'src="([^"]+)"', text):
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page} points at {target}"


def test_the_conversations_shown_are_the_ones_that_are_tested() -> None:
    """What the README shows as said is what tests/test_talks.py replays."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"<!-- talk: (\S+) -->\n```text\n(.*?)\n```", readme, flags=re.DOTALL)
    assert len(shown) == 2
    for path, said in shown:
        _, talk = (ROOT / path).read_text(encoding="utf-8").strip().split("\n\n", 1)
        assert said == talk, f"copy {path} into the README again"
