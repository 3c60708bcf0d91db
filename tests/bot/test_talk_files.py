"""The files of kept talks: what a case worker writes in them stays, and what cannot be meant is explained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.talks import BrokenTalk, Exchange, Talk, read_talk, title_of, write_talk

WRITTEN = """# A lost card
channel: telegram
// by Lan

// she types without marks
// and is in a hurry
> mat the roi
< Chào bạn.
  1 Tiện
  2 Không tiện
< Hai tin.
// too long?

>
// nothing comes

// that is all
"""


def test_a_talk_is_read_with_its_notes_and_written_back_as_it_was() -> None:
    """Above a line, below an answer, below the title, and behind everything."""
    talk = read_talk(WRITTEN)
    assert talk == Talk(
        channel="telegram",
        title="A lost card",
        notes=["by Lan"],
        exchanges=[
            Exchange(
                "mat the roi",
                ["Chào bạn.\n1 Tiện\n2 Không tiện", "Hai tin."],
                above=["she types without marks", "and is in a hurry"],
                below=["too long?"],
            ),
            Exchange("", below=["nothing comes"]),
        ],
        ending=["that is all"],
    )
    assert write_talk(talk) == WRITTEN


@pytest.mark.parametrize(
    "untidy",
    [
        WRITTEN.replace("\n", "\r\n"),
        "\ufeff" + WRITTEN,
        WRITTEN.replace("> mat", ">mat").replace("< Hai", "<Hai").replace("// by", "//by"),
        WRITTEN.replace("\n\n", "\n\n\n"),
        WRITTEN.rstrip("\n"),
    ],
)
def test_what_other_editors_make_of_it_is_read_all_the_same(untidy: str) -> None:
    """Windows' line ends and its mark, a space left out, an empty line too many."""
    assert read_talk(untidy) == read_talk(WRITTEN)


LINES = st.text(st.characters(blacklist_characters="\n\r", blacklist_categories=["Cs"]), max_size=12)
NOTES = st.lists(LINES.map(str.strip), max_size=2)
REPLIES = st.lists(st.text(st.sampled_from("aề 1<>/#"), min_size=1, max_size=9).filter(str.strip), max_size=2)


@given(st.lists(st.builds(Exchange, LINES, REPLIES, NOTES, NOTES), min_size=1, max_size=3), NOTES, NOTES)
def test_any_talk_reads_back_as_it_was_written(exchanges: list[Exchange], notes: list[str], ending: list[str]) -> None:
    """Whatever they wrote: also signs of the format, and line ends of other alphabets."""
    talk = Talk("sms", "A title", exchanges, notes, ending)
    assert read_talk(write_talk(talk)) == talk


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# A\n\nxin chao\n", "line 3: nobody can tell whose words these are: 'xin chao'. Begin the line with '> '"),
        ("# A\n\n< Chào\n", "line 3: an answer stands above everything they wrote. Put the line that they wrote"),
        ("> a\n  b\n", "line 2: this goes on with an answer that is not there. Put a line that begins with '< '"),
        ("# A\n# B\n> a\n", "line 2: a title stands only once, in the first line. To write a note"),
        ("> a\nchannel: sms\n", "line 2: the channel stands only once, below the title. Move it there"),
        ("# A\n", "nobody has written anything yet. Write a line that begins with '> '"),
        ("", "nobody has written anything yet"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line_and_what_to_do(text: str, told: str) -> None:
    """In plain words, for somebody who never programmed."""
    with pytest.raises(BrokenTalk) as refused:
        read_talk(text)
    assert told in str(refused.value)


def test_a_talk_without_a_title_is_called_by_what_was_written_first() -> None:
    """In one line, and not longer than a line."""
    assert title_of(Talk("sms", exchanges=[Exchange(" "), Exchange("mat  the\troi")])) == "mat the roi"
    assert title_of(Talk("sms", exchanges=[Exchange("a" * 200)])) == "a" * 80
    assert title_of(Talk("sms")) == "A talk"
