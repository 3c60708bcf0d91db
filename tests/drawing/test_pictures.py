"""The files: what stands in them, what never does, and that the committed ones are today's."""

import re
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

import pytest

from bot.drawing.folder import NoSuchFlow, contents, index_page
from bot.drawing.folder import pictures as draw_pictures
from bot.drawing.layout import lay_out
from bot.drawing.overview import overview_of
from bot.drawing.plan import Plan
from bot.drawing.telling import Teller
from bot.drawing.terms import Terms, load_terms
from bot.flow_checks import every_say
from bot.packs import load_packs
from bot.thinking import Mind
from program import LOCALES, load_mind

COMMITTED = LOCALES.parent / "docs" / "flows"
SVG = "{http://www.w3.org/2000/svg}"
MOST_BYTES = 1_250_000
OWN_WORDS = {"SMS"}  # the same in every language


@pytest.fixture(scope="session")
def drawn(mind: Mind, large: Mind) -> dict[str, str]:
    """Every file as it is drawn today, by its path."""
    return dict([*draw_pictures(mind, LOCALES), *draw_pictures(large, LOCALES, flows=("large",))])


def text_of(element: ElementTree.Element) -> str:
    """What somebody reads there, with single spaces."""
    return " ".join(" ".join(element.itertext()).split())


def test_the_committed_pictures_are_those_of_the_dialogue_of_today(mind: Mind) -> None:
    """A sentence changed without its picture would be read and marked in vain: run `make pictures`."""
    wanted = {**dict(draw_pictures(mind, LOCALES)), "README.md": index_page(mind, LOCALES)}
    found = {
        str(path.relative_to(COMMITTED)): path.read_text(encoding="utf-8")
        for path in COMMITTED.rglob("*")
        if path.suffix in (".svg", ".md")
    }
    stale = sorted(name for name in wanted if found.get(name) != wanted[name])
    stray = sorted(set(found) - set(wanted))
    assert not stale, f"run `make pictures` and commit docs/flows; not of today: {', '.join(stale)}"
    assert not stray, f"no flow has these pictures any more, delete them: {', '.join(stray)}"


def test_the_same_dialogue_gives_the_same_bytes(mind: Mind, drawn: dict[str, str]) -> None:
    """No time, no chance, no order of a set."""
    for path, text in draw_pictures(load_mind(), LOCALES):
        assert text == drawn[path], path


def test_all_pictures_together_stay_small(drawn: dict[str, str]) -> None:
    """They stand in the repository and change often."""
    assert sum(len(text.encode()) for path, text in drawn.items() if "large" not in path) < MOST_BYTES


def test_a_picture_is_well_formed_fetches_nothing_and_runs_nothing(drawn: dict[str, str]) -> None:
    """It is opened from a mail or a disc: only links to other pictures, and its title and description for readers."""
    for path, text in drawn.items():
        root = ElementTree.fromstring(text)
        assert root.find(f"{SVG}title") is not None, path
        assert root.find(f"{SVG}desc") is not None, path
        for element in root.iter():
            assert element.tag not in (f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject"), path
            href = element.get("href", "#c1")
            assert re.fullmatch(r"#\w+|\w+\.svg(#c\d+)?", href), (path, href)
            assert not any(name.startswith("on") for name in element.attrib), path
        assert "url(#arrow)" in text or "url(" not in text
        assert "@import" not in text


def test_every_link_leads_to_a_card_that_is_there(drawn: dict[str, str]) -> None:
    """Also into other pictures of the same language."""
    cards = {path: set(re.findall(r'<g id="(c\d+)"', text)) for path, text in drawn.items()}
    for path, text in drawn.items():
        for file, card in re.findall(r'<a href="([^"#]*)#?(\w*)"', text):
            target = f"{path.partition('/')[0]}/{file}" if file else path
            assert target in cards, (path, file)
            assert not card or card in cards[target], (path, file, card)


def test_every_sentence_and_every_answer_stands_in_its_picture(mind: Mind, large: Mind, drawn: dict[str, str]) -> None:
    """In the words that are sent, in its own card."""
    checked = 0
    for book in (mind.book, large.book):
        for tag in mind.packs.tags:
            for content, _ in contents(
                mind if book is mind.book else large, LOCALES, tags=(tag,), flows=tuple(book.flows)
            ):
                root = ElementTree.fromstring(drawn[f"{tag}/{content.file}.svg"])
                cards = {group.get("id"): text_of(group) for group in root.iter(f"{SVG}g")}
                for say in (say for say in every_say(book) if say.flow == content.file):
                    text = cards[f"c{content.cards[say.step].number}"]
                    told = [say.sentence, *(option.say for option in mind.packs.options(say))]
                    for sentence in told:
                        words = mind.packs.text(tag, f"{say.flow}.{say.step}", sentence)
                        assert " ".join(words.split()) in text, (tag, say.flow, say.step, words)
                        checked += 1
    assert checked > 200


def test_what_is_no_letter_of_a_picture_is_escaped(drawn: dict[str, str]) -> None:
    """A sentence may hold any sign."""
    assert '&lt;money&gt; &amp; "papers"' in drawn["en/large.svg"]
    assert "<money>" not in drawn["en/large.svg"]


def test_a_draft_is_marked_beside_what_was_reviewed_and_said_once_where_all_are(mind: Mind, tmp_path: Path) -> None:
    """And what has no translation is shown as borrowed."""
    folder = tmp_path / "vi" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    for name in ("pack.yaml", "words.yaml"):
        (tmp_path / "vi" / name).write_text((LOCALES / "vi" / name).read_text(encoding="utf-8"), encoding="utf-8")
    po = (LOCALES / "vi" / "LC_MESSAGES" / "stop.po").read_text(encoding="utf-8")
    more = (LOCALES / "vi" / "LC_MESSAGES" / "welcome.po").read_text(encoding="utf-8")
    (folder / "stop.po").write_text(po, encoding="utf-8")
    (folder / "welcome.po").write_text(more.replace("# review: draft\n", "", 2), encoding="utf-8")
    (tmp_path / "fixed.yaml").write_text((LOCALES / "fixed.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    packs = load_packs(tmp_path)
    made = dict(draw_pictures(Mind(mind.book, packs), tmp_path, flows=("stop", "welcome", "papers")))
    assert "Draft: nobody has reviewed" in made["vi/stop.svg"]
    assert "draft" not in made["vi/stop.svg"].replace("Draft", "")
    assert 'class="e draft"' in made["vi/welcome.svg"]
    assert "await a review" in made["vi/welcome.svg"]
    assert 'class="e borrowed"' in made["vi/papers.svg"]


def test_a_flow_that_is_not_there_is_refused_with_those_that_are(mind: Mind) -> None:
    """A slip at the keyboard must not draw nothing in silence."""
    for asked in ({"tags": ("xx",)}, {"flows": ("moneey",)}):
        with pytest.raises(NoSuchFlow, match="choose one of"):
            list(draw_pictures(mind, LOCALES, **asked))


def test_the_page_lists_every_flow_with_its_pictures(mind: Mind) -> None:
    """In each language, with what it is about."""
    page = index_page(mind, LOCALES)
    for flow in mind.book.flows.values():
        for tag in mind.packs.tags:
            assert f"({tag}/{flow.name}.svg)" in page
        assert " ".join(flow.about.split())[:40] in page


class Listening(Terms):
    """Terms that remember what they were asked for."""

    asked: ClassVar[set[str]] = set()

    def __call__(self, english: str, **values: object) -> str:
        self.asked.add(english)
        return super().__call__(english, **values)


def test_the_drawings_own_words_are_translated(mind: Mind) -> None:
    """All that a Vietnamese picture says besides the dialogue; and drawing.yaml has nothing that is never asked for."""
    known = load_terms(LOCALES, "vi")
    source = " ".join(path.read_text(encoding="utf-8") for path in (LOCALES.parent / "bot" / "drawing").glob("*.py"))
    joined = re.sub(r'"\s+"', "", source)
    for english in known.words:
        assert english in joined, f"nothing says {english!r} any more"
    teller = Teller(mind.book, mind.packs, Plan(mind.book, mind.packs), "vi", Listening(drafts=known.drafts))
    for content in (overview_of(teller), *map(teller.content, mind.book.flows.values())):
        lay_out(content, teller.terms)
    assert len(Listening.asked) > 30
    assert Listening.asked - OWN_WORDS <= set(known.words)
