"""The kept talks of tests/talks: each is replayed line by line on the real road and must be answered as it stands."""

import difflib
from pathlib import Path

import pytest

from bot.flow_checks import every_say
from bot.talks import BrokenTalk, Talk, read_talk, write_talk
from bot.thinking import Mind
from program import load_mind
from terminal import replay

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "tests" / "talks").rglob("*.talk"))
RENEW = ".venv/bin/flask --app app talks renew {file}"
ANEW = """{file} is no longer answered as it stands (- is kept, + is said now).
If what is said now is better, keep it, and read it aloud:
    {renew}
"""


@pytest.fixture(scope="module")
def mind() -> Mind:
    """The flows and packs we ship."""
    return load_mind()


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _kept(file: Path) -> Talk:
    try:
        return read_talk(file.read_text(encoding="utf-8"))
    except BrokenTalk as error:
        pytest.fail(f"{_name(file)}, {error} How talks are written: tests/talks/README.md", pytrace=False)


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_kept_talk_is_answered_word_for_word(mind: Mind, file: Path) -> None:
    """A changed sentence, option or road shows here as a difference that a case worker can read."""
    kept = _kept(file)
    before, after = write_talk(kept).splitlines(), write_talk(replay(mind, kept)).splitlines()
    if before != after:
        difference = "\n".join(difflib.unified_diff(before, after, "kept", "said now", n=2, lineterm=""))
        told = ANEW.format(file=_name(file), renew=RENEW.format(file=_name(file)))
        pytest.fail(f"{told}\n{difference}", pytrace=False)


@pytest.mark.parametrize("file", FILES, ids=_name)
def test_a_kept_talk_says_what_it_shows_and_reads_back_as_written(file: Path) -> None:
    """The first line is its title; nothing of the file is lost in reading."""
    kept = _kept(file)
    if not kept.title:
        pytest.fail(f"{_name(file)}: write a title into the first line, beginning with '# '.", pytrace=False)
    if write_talk(kept) != file.read_text(encoding="utf-8"):
        pytest.fail(f"{_name(file)} is not tidy: {RENEW.format(file=_name(file))}", pytrace=False)


@pytest.mark.parametrize("tag", ["vi", "en"])
def test_the_kept_talks_go_through_every_flow(mind: Mind, tag: str) -> None:
    """At least forty a language; what cannot be typed (a picture, a fact that expired) is tested elsewhere."""
    files = [file for file in FILES if file.parent.name == tag]
    said = "\n".join(file.read_text(encoding="utf-8") for file in files)
    met = set()
    for say in every_say(mind.book):
        first_line = mind.packs.text(tag, f"{say.flow}.{say.step}", say.sentence).split("\n")[0]
        if first_line in said:
            met.add(say.flow)
    assert len(files) >= 40
    assert set(mind.book.flows) - met == {"lapsed", "media"}
