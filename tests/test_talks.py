"""The kept talks of tests/talks: each is replayed line by line on the real road and must be answered as it stands."""

import difflib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.talks import Exchange, Talk, read_talk, write_talk
from bot.thinking import Mind
from program import load_mind
from terminal import open_chat

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "tests" / "talks").rglob("*.talk"))
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
ANEW = """{file} is no longer answered as it stands (- is kept, + is said now).
If what is said now is better, save the talk anew, read it aloud, and put its title line back:
    grep '^> ' {file} | cut -c3- | .venv/bin/flask --app app chat --channel {channel} --save {file}
"""


@pytest.fixture(scope="module")
def mind() -> Mind:
    """The flows and packs we ship."""
    return load_mind()


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _replay(mind: Mind, kept: Talk) -> Talk:
    """The same lines written again: kept in a database, answered and sent by the jobs of the worker."""
    with open_chat(mind, kept.channel, None, lambda: NOON) as chat:
        said = [Exchange(exchange.said, chat.say(exchange.said)) for exchange in kept.exchanges]
    return Talk(kept.channel, kept.title, said)


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_kept_talk_is_answered_word_for_word(mind: Mind, file: Path) -> None:
    """A changed sentence, option or road shows here as a difference that a case worker can read."""
    kept = read_talk(file.read_text(encoding="utf-8"))
    before, after = write_talk(kept).splitlines(), write_talk(_replay(mind, kept)).splitlines()
    difference = "\n".join(difflib.unified_diff(before, after, "kept", "said now", n=2, lineterm=""))
    assert before == after, f"{ANEW.format(file=_name(file), channel=kept.channel)}\n{difference}"


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_kept_talk_says_what_it_shows_and_reads_back_as_written(file: Path) -> None:
    """The first line is its title; nothing of the file is lost in reading."""
    text = file.read_text(encoding="utf-8")
    kept = read_talk(text)
    assert kept.title
    assert kept.exchanges
    assert write_talk(kept) == text


def test_there_are_talks_in_both_languages() -> None:
    """An empty folder would pass every test above."""
    assert {file.parent.name for file in FILES} >= {"en", "vi"}
