"""The sentences in the flows and the Vietnamese file are in step."""

import subprocess
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]


def _sentences(catalog: Catalog) -> set[tuple[str, str]]:
    return {(message.context or "", str(message.id)) for message in catalog if message.id}


def test_the_vietnamese_file_is_in_step_with_the_flows(tmp_path: Path) -> None:
    """Babel finds every sentence with flow.step as its context; the file has all of them and no other."""
    template = tmp_path / "messages.pot"
    command = [
        sys.executable,
        "-m",
        "babel.messages.frontend",
        "-q",
        "extract",
        "-F",
        "babel.cfg",
        "-o",
        str(template),
        ".",
    ]
    subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": ""}, check=True)
    kept: set[tuple[str, str]] = set()
    for path in (ROOT / "locales/vi/LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            found = _sentences(read_po(file))
        assert {context.partition(".")[0] for context, _ in found} == {path.stem}, "one file for each flow"
        kept |= found
    with template.open("rb") as file:
        assert _sentences(read_po(file)) == kept
