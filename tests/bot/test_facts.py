"""Facts told to callers: each with its source and its last day, and nothing of it is told from that day on."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.book import Book
from bot.dialogue import BrokenFlow, load_book
from bot.engine import State
from bot.facts import Fact, FactsError, load_facts
from bot.flow_checks import every_say
from bot.packs import Packs
from program import load_mind
from terminal import open_chat
from tests.bot.talk import Talk

BOT = Path(__file__).resolve().parents[2] / "bot"
TELEPHONE = re.compile(r"\d[\d .]{1,}\d")  # two digits and more: numbers to call, years
WHOLE = {"tells": "115 is the ambulance.", "source": "a law", "checked": "2026-11-22", "expires": "2027-11-22"}


def _written(folder: Path, **lines: str) -> Path:
    path = folder / "facts.yaml"
    path.write_text("ambulance:\n" + "".join(f"  {key}: {value}\n" for key, value in lines.items()), encoding="utf-8")
    return path


def _lapsed(book: Book) -> Book:
    return book.told_on(max(fact.expires for fact in book.facts.values()))


def test_a_fact_is_read_with_its_two_days(tmp_path: Path) -> None:
    """It may be told up to the day before it expires."""
    fact = load_facts(_written(tmp_path, **WHOLE))["ambulance"]
    assert fact == Fact("ambulance", "115 is the ambulance.", "a law", date(2026, 11, 22), date(2027, 11, 22))
    assert fact.holds(date(2027, 11, 21))
    assert not fact.holds(date(2027, 11, 22))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- a\n- b\n", "write the name of each fact"),
        ("ambulance: here\n", "ambulance: text ('here') stands where keys with values are expected"),
        ("ambulance:\n  tells: [a]\n", "`tells:` holds a list"),
        ("ambulance: [\n", "is not readable YAML"),
    ],
)
def test_a_file_of_another_shape_is_refused_in_words(tmp_path: Path, text: str, complaint: str) -> None:
    """Whoever checks facts is no programmer."""
    path = tmp_path / "facts.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FactsError, match=re.escape(complaint)):
        load_facts(path)


@pytest.mark.parametrize("missing", WHOLE)
def test_a_fact_without_one_of_its_lines_is_refused(tmp_path: Path, missing: str) -> None:
    """A fact without its source or its day cannot be checked again."""
    with pytest.raises(FactsError, match="ambulance: give it exactly"):
        load_facts(_written(tmp_path, **{key: value for key, value in WHOLE.items() if key != missing}))


@pytest.mark.parametrize(("expires", "complaint"), [("soon", "is no day"), ("2026-11-22", "before it was checked")])
def test_a_fact_with_an_impossible_day_is_refused(tmp_path: Path, expires: str, complaint: str) -> None:
    """A mistyped year must not keep a fact alive, or kill it unseen."""
    with pytest.raises(FactsError, match=complaint):
        load_facts(_written(tmp_path, **{**WHOLE, "expires": expires}))


def _book_saying(folder: Path, said: str) -> Book:
    flows = folder / "flows"
    flows.mkdir()
    for path in (BOT / "flows").glob("*.yaml"):
        (flows / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    extra = f"flow: extra\nintents: {{odd: one}}\nsteps:\n  one:\n    say:\n      - {said}\n    then: menu\n"
    (flows / "extra.yaml").write_text(extra, encoding="utf-8")
    return load_book(flows, load_facts(BOT / "facts.yaml"))


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("Call 115.", "'115' stands in none of the facts"),
        ("{text: Call 116., facts: [ambulance_115]}", "'116' stands in none of the facts"),
        ("Since 7/2025 help begins at once.", "'7/2025' stands in none of the facts"),
        ("Call 1900 96 96 80.", "'1900 96 96 80' stands in none of the facts"),
        ("{text: Call somebody., facts: [nobody_wrote_this]}", "no fact is named 'nobody_wrote_this'"),
        ("{facts: [ambulance_115]}", "has no `text:`"),
        ("{text: Hello, because: x}", "unknown key 'because'"),
    ],
)
def test_a_number_without_its_fact_is_refused(tmp_path: Path, said: str, complaint: str) -> None:
    """What changes in the one file must be noticed where it is told."""
    with pytest.raises(BrokenFlow, match=re.escape(complaint)):
        _book_saying(tmp_path, said)


def test_a_number_beside_its_fact_is_told(tmp_path: Path) -> None:
    """The check has nothing against facts."""
    book = _book_saying(tmp_path, "{text: Call 115., facts: [ambulance_115]}")
    assert book.flows["extra"].first.say[0].facts == ("ambulance_115",)


def test_while_every_fact_holds_nothing_is_left_out(book: Book) -> None:
    """The common day costs nothing."""
    day = max(fact.checked for fact in book.facts.values())
    assert book.told_on(day) is book


def test_an_expired_fact_is_left_out_and_that_is_said(book: Book, packs: Packs) -> None:
    """Only what expired goes; the rest of the answer stays, and the way to a person is named."""
    told = book.told_on(book.facts["temporary_residence"].expires)
    talk = Talk(told, packs, State(language="vi", at=("papers", "which")))
    answer = talk.say("3")
    assert answer[0] == instead(told, packs, "lapsed")
    assert not any("30 ngày" in text for text in answer)
    assert talk.state.at == ("papers", "after")


def instead(book: Book, packs: Packs, alarm: str) -> str:
    """What is said in Vietnamese in the place of what has expired."""
    flow, step = book.alarms[alarm]
    return packs.text("vi", f"{flow}.{step}", book.flows[flow].steps[step].say[0].text)


def test_when_all_have_expired_no_number_is_told_anywhere(book: Book, packs: Packs) -> None:
    """Not even 113: five unchecked years are no source. People nearby are, and that is said instead."""
    for say in every_say(_lapsed(book)):
        for tag in packs.tags:
            assert not TELEPHONE.search(packs.text(tag, f"{say.flow}.{say.step}", say.sentence)), say
    in_danger = Talk(_lapsed(book), packs, State(language="vi", at=("menu", "main"), place="vn"))
    assert in_danger.say("cứu em với")[0] == instead(book, packs, "lapsed_urgent")
    assert ("want_person", "P0") in in_danger.effects


@pytest.mark.parametrize("years", [1, 4])
def test_emergency_numbers_outlive_years_without_care(book: Book, packs: Packs, years: int) -> None:
    """A file that nobody looked at must not silence the numbers that save lives, nor what stands beside them."""
    later = book.told_on(min(fact.checked for fact in book.facts.values()) + timedelta(days=years * 365 + 10))
    for place in ("vn", None):
        talk = Talk(later, packs, State(language="vi", at=("menu", "main"), place=place))
        told = " ".join(talk.say("cứu em với"))
        assert all(number in told for number in ("113", "115", "111"))


@pytest.mark.parametrize("years", [0, 1])
def test_the_clock_of_the_turn_decides(years: int) -> None:
    """On the real road: kept, answered and sent by the jobs of the worker."""
    mind = load_mind()
    expires = mind.book.facts["temporary_residence"].expires
    now = datetime(expires.year - 1 + years, expires.month, expires.day, 12, tzinfo=UTC)
    with open_chat(mind, "sms", "vi", lambda: now) as chat:
        for line in ("xin chao", "1"):
            chat.say(line)
        told = "\n".join(chat.say("ho khau"))
    assert ("30 ngày" in told) == (years == 0)
