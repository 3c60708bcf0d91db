"""`flows check`, `packs check` and `packs update`, as a case worker or a translator runs them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # each run walks the whole dialogue

ROOT = Path(__file__).parent.parent
MISTAKE = "Bạn là nạn nhân."


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The program in a folder of its own, to be changed."""
    for name in ("bot", "storage", "webhooks", "simulator", "locales"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for file in ROOT.glob("*.py"):
        shutil.copy(file, tmp_path)
    return tmp_path


def flask(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `flask --app app` there, without a single setting."""
    command = [sys.executable, "-m", "flask", "--app", "app", *words]
    return subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, timeout=140, check=False)


def _change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_holds_is_told_in_numbers() -> None:
    """No secret is needed; exit 0, and how much was walked. Once a fact has expired, that alone is found."""
    done = flask(ROOT, "flows", "check")
    assert done.returncode == 0 or all(" expired on " in line for line in done.stdout.splitlines()), done.stdout
    assert "turns walked" in done.stdout or done.returncode == 1
    done = flask(ROOT, "packs", "check")
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("vi: ")


def test_each_finding_is_one_line_and_the_end_is_exit_1(copied: Path) -> None:
    """Its place, its language, what is wrong and what to do."""
    _change(copied / "locales/vi/LC_MESSAGES/courtesy.po", "Chào bạn nhé. Cần gì bạn cứ nhắn.", MISTAKE)
    _change(copied / "locales/vi/LC_MESSAGES/stop.po", "Vâng, bên", "ă" * 202 + " bên")
    line = f"courtesy.bye, vi: 'nạn nhân' is never said ('{MISTAKE}'). Say it in other words."
    for words in (("flows", "check"), ("packs", "check", "vi")):
        done = flask(copied, *words)
        assert done.returncode == 1
        assert line in done.stdout.splitlines()
        assert "stop.start, vi: " in done.stdout, "what is too long for three SMS"
        assert "to mend" in done.stderr
    assert line not in flask(copied, "packs", "check", "en").stdout
    assert "there is no language pack 'xx'" in flask(copied, "packs", "check", "xx").stderr


def test_a_flow_that_cannot_be_read_is_refused_in_one_line(copied: Path) -> None:
    """No trace back."""
    _change(copied / "bot/flows/courtesy.yaml", "then:", "thne:")
    done = flask(copied, "flows", "check")
    assert done.returncode == 1
    assert "unknown key 'thne'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_list_of_steps_is_written_when_it_is_accepted(copied: Path) -> None:
    """Without it every step would be a finding."""
    listed = copied / "bot/flows/steps.txt"
    before = listed.read_text(encoding="utf-8")
    listed.unlink()
    assert "the list of steps does not know it" in flask(copied, "flows", "check").stdout
    flask(copied, "flows", "check", "--accept")
    assert listed.read_text(encoding="utf-8") == before


def test_updating_prints_what_there_is_to_translate_and_what_is_gone(copied: Path) -> None:
    """A changed sentence: its old words are on the screen, to be used for the new ones."""
    flask(copied, "packs", "update")
    _change(copied / "locales/fixed.yaml", "delayed: Sorry for the delay.", "delayed: Sorry, we are late.")
    done = flask(copied, "packs", "update", "vi")
    assert done.returncode == 0, done.stderr
    assert "  to translate: fixed.delayed: Sorry, we are late." in done.stdout.splitlines()
    assert "  gone: fixed.delayed: Sorry for the delay. = " in done.stdout
    assert 'msgid "Sorry, we are late."\nmsgstr ""' in (copied / "locales/vi/LC_MESSAGES/fixed.po").read_text()
