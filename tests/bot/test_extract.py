"""Babel, as translators run it, finds what the packs are brought in step with."""

import subprocess
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.extract import every_sentence

ROOT = Path(__file__).resolve().parents[2]


def _sentences(catalog: Catalog) -> set[tuple[str, str]]:
    return {(message.context or "", str(message.id)) for message in catalog if message.id}


def test_babel_finds_every_sentence_with_its_step(tmp_path: Path) -> None:
    """flow.step as context; nothing more and nothing less than `flask --app app packs update` writes."""
    template = tmp_path / "messages.pot"
    extract = ["-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg", "-o", str(template), "."]
    subprocess.run([sys.executable, *extract], cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": ""}, check=True)
    wanted = every_sentence(ROOT / "bot" / "flows", ROOT / "locales" / "fixed.yaml")
    with template.open("rb") as file:
        assert _sentences(read_po(file)) == {key for keys in wanted.values() for key in keys}
