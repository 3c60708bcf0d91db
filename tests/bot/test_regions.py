"""Northern and southern words: heard from how somebody writes, said in theirs, and the meaning left alone."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.book import Book
from bot.flow_checks import check_budget, every_say
from bot.listen import choose, listen
from bot.packs import PackError, Packs, load_packs
from bot.regions import RegionError, Variant
from bot.state import State
from bot.words import read_each
from storage.sms import segments_in_ucs_2
from tests.bot.talk import CHAT, SMS, Talk, through_json
from tests.bot.test_packs import _write_pack

SOUTH = "vi@south"
PACKS = load_packs(Path(__file__).resolve().parents[2] / "locales")
VARIANT = PACKS.pack("vi").variants["south"]
SENTENCES = sorted(set(PACKS.pack("vi").sentences.values()))
SPOKEN = {word for text in SENTENCES for word in re.findall(r"\w+", text)}
WORDS = sorted(SPOKEN | {*VARIANT.terms, "XOA", "115", "{x}"})
MENU = State(language="vi", at=("menu", "main"))


def _region(book: Book, packs: Packs, text: str, state: State = MENU) -> str | None:
    return listen(book, packs, state, text).region


@pytest.mark.parametrize(
    "text",
    [
        "tui mat giay to",
        "dạ hông có ai hết",
        "hổng biết sao nữa",
        "chồng em ở bển",
        "duoc hong ban",
        "hong biet lam sao",
        "mấy bữa rày nó kiếm em",
        "em bị bịnh",
        "giúp em nha, chồng em đánh hoài chịu hết nổi thiệt",
        "HÔNG",
        "hônggg",
    ],
)
def test_who_writes_as_in_the_south_is_heard(book: Book, packs: Packs, text: str) -> None:
    """One word that only a southerner writes is enough; of weak ones two."""
    assert _region(book, packs, text) == "south"


@pytest.mark.parametrize(
    "text",
    [
        "xin chao",
        "ko biet",
        "em ve nha",
        "may hong o nha",
        "cam on nha",
        "cảm ơn nha",
        "em bị đau hông",
        "mat cai tui xach",
        "mất túi tiền ở bến xe",
        "bị thiệt hại nhiều, nghe nói vậy",
        "em hen suyen o nha",
        "đại sứ quán, lãnh sự quán ở đâu nè",
        "nhé",
        "9",
        "",
        "I lost my bag",
    ],
)
def test_what_anybody_may_write_tells_no_region(book: Book, packs: Packs, text: str) -> None:
    """Words that are others without marks, the hip, a bag; and one northern word alone changes nothing either."""
    assert _region(book, packs, text) is None


def test_two_northern_words_and_no_southern_one_bring_the_base_back(book: Book, packs: Packs) -> None:
    """Clearly northern: somebody else may hold the phone. Beside a southern word it is one family's two ways."""
    assert _region(book, packs, "vâng, bố em bị ốm") == ""
    assert _region(book, packs, "vâng, bố em hổng chịu nhé") == "south"


def test_a_region_is_remembered_and_survives_being_kept(book: Book, packs: Packs) -> None:
    """From the message on that told it, through messages that tell nothing, until northern words come."""
    talk = Talk(book, packs)
    assert "nhắn nha" in " ".join([*talk.say("tui chào bạn"), *talk.say("2")])
    talk.say("1")
    assert (talk.state.language, talk.state.region, talk.state.tongue) == ("vi", "south", SOUTH)
    assert talk.say("cam on")[0].endswith("nhắn nha.")
    assert talk.say("vâng thế thì cảm ơn nhé")[0].endswith("nhắn nhé.")
    assert talk.state.region is None


def test_a_state_of_before_has_no_region() -> None:
    """What an earlier version kept is read back."""
    kept = State(language="vi").to_json()
    del kept["region"]
    assert State.from_json(kept) == State(language="vi")
    assert through_json(State(language="vi", region="south")).tongue == SOUTH
    assert State(region="south").tongue is None


def test_a_region_that_a_pack_does_not_know_is_its_base(packs: Packs) -> None:
    """Whoever changes to English after southern words, and a variant that was taken out of a pack."""
    for tongue, base in (("en@south", "en"), ("vi@moon", "vi")):
        assert packs.neutral("late", tongue) == packs.neutral("late", base)


def test_the_south_is_spoken_to_in_its_words(packs: Packs) -> None:
    """Whole words and the longest phrase first, a capital kept, what is to be typed left as it is."""
    assert packs.neutral("late", SOUTH) == "Xin lỗi bạn vì trả lời trễ. Lúc khác bạn nhắn lại nha."
    tell = VARIANT.tell
    assert tell("Vâng, ốm đau thì ra trạm y tế nhé.") == "Dạ, đau bệnh thì ra trạm y tế nha."
    assert tell("Làm thế nào? Như thế nào, như thế, nhanh chóng") == "Làm sao? Như thế nào, như vậy, nhanh chóng"
    assert tell("XOA HET, NHÉ, {bố} 1bố bố1 bốn") == "XOA HET, NHÉ, {bố} 1bố bố1 bốn"


def test_a_southern_label_is_understood_when_it_is_typed_back(book: Book, packs: Packs) -> None:
    """On every question: as shown, with its digit, and without marks; and still the northern one."""
    known = {"vi": packs.pack("vi").words}
    for asked in book.questions():
        for option in (option for option in asked.options if option.printed):
            for tongue in packs.tongues_of("vi"):
                label = packs.text(tongue, ".".join(asked.at), option.say)
                assert choose(asked, packs, read_each(label, known), digits=False, inside=False) == option.key, label


def test_a_southern_label_may_differ(book: Book, tmp_path: Path) -> None:
    """The one shown and the one of the base both pick the option."""
    (tmp_path / "fixed.yaml").write_text("late: Sorry.", encoding="utf-8")
    entry = 'msgid ""\nmsgstr ""\n\nmsgctxt "menu.main"\nmsgid "Papers"\nmsgstr "Bố bị ốm"\n'
    _write_pack(tmp_path, "vi", "name: V\nvariants: {south: {terms: {ốm: bệnh, bố: ba}}}", entry)
    packs, menu = load_packs(tmp_path), book.flows["menu"].first
    for said in ("Ba bị bệnh", "ba bi benh", "bố bị ốm", "3 ba bị bệnh"):
        assert choose(menu, packs, read_each(said, {"vi": packs.pack("vi").words})) == "papers"


def test_every_message_fits_in_every_region_and_says_nothing_new(book: Book, packs: Packs) -> None:
    """Three segments with southern words too; the same digits in the same order; composed letters; once is twice."""
    assert check_budget(book, packs, SMS) == ()
    for say in every_say(book):
        for facts in (SMS, CHAT):
            base, south = (packs.render(say, tongue, facts).text for tongue in ("vi", SOUTH))
            assert segments_in_ucs_2(south) <= 3
            assert re.findall(r"\d+", south) == re.findall(r"\d+", base)
            assert unicodedata.is_normalized("NFC", south)
            assert VARIANT.tell(south) == south


def test_no_southern_word_is_one_that_is_never_said(packs: Packs) -> None:
    """Replacing must not bring back what the sentences avoid."""
    pack = packs.pack("vi")
    for there in VARIANT.terms.values():
        assert not [word for word in (*pack.never_said, *pack.never_promised) if re.search(rf"\b{word}\b", there)]


@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12), st.sampled_from([" ", ", ", "\n"]))
def test_replacing_is_done_with_once_and_changes_no_digit(words: list[str], between: str) -> None:
    """Of any of our words in any order."""
    text = between.join(words)
    south = VARIANT.tell(text)
    assert VARIANT.tell(south) == south
    assert re.findall(r"\d|\{\w+\}|[A-Z]{2,}", south) == re.findall(r"\d|\{\w+\}|[A-Z]{2,}", text)
    assert unicodedata.is_normalized("NFC", south)


@pytest.mark.parametrize(
    ("variant", "told"),
    [
        ("{term: {}}", "unknown key 'term'"),
        ("{terms: {nhé: nha 2}}", "without digits"),
        ("{terms: {Nhé: nha}}", "small letters"),
        ("{terms: {bố: ba, ba: tía}}", "Keep one"),
    ],
)
def test_a_variant_that_cannot_be_meant_is_refused(tmp_path: Path, variant: str, told: str) -> None:
    """With the folder, the file, and what to do."""
    (tmp_path / "fixed.yaml").write_text("late: Sorry.", encoding="utf-8")
    _write_pack(tmp_path, "vi", f"name: V\nvariants: {{south: {variant}}}")
    with pytest.raises(PackError, match=rf"vi/pack.yaml, variants: .*{told}"):
        load_packs(tmp_path)


def test_a_variant_has_a_plain_name() -> None:
    """It stands behind the @ of a tongue."""
    with pytest.raises(RegionError, match="small letters"):
        Variant("South 2", {})
