"""What `packs check` proves of the language packs, and that it notices each thing it is for."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.book import Book, Option, Step, Told
from bot.checks.all import Files, check_packs
from bot.checks.answers import check_answers, every_answer
from bot.checks.lines import Line
from bot.checks.sentences import check_labels, check_reading, check_sentences, check_warnings, check_words
from bot.checks.translations import check_translations, missing
from bot.checks.words import check_word_lists
from bot.packs import Packs, load_packs
from bot.thinking import Mind
from bot.translating import update_pack
from program import HERE
from tests.bot.talk import SMS
from tests.bot.test_checks_of_flows import with_step

FILES = Files(HERE / "bot" / "flows", HERE / "locales")
Sentences = dict[str, list[tuple[str, str]]]


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """A copy of the packs we ship, to break one at a time."""
    return shutil.copytree(HERE / "locales", tmp_path / "locales")


@pytest.fixture
def sentences() -> Sentences:
    """What there is to translate."""
    return FILES.sentences()


def write(path: Path, old: str, new: str) -> None:
    """Replace something that stands once in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_packs_we_ship_have_nothing_to_mend(book: Book, packs: Packs) -> None:
    """Sentences, translations, answers and words, in every language."""
    checked = check_packs(Mind(book, packs), FILES, [SMS], packs.tags)
    assert list(map(str, checked.findings)) == []
    assert [line.partition(":")[0] for line in checked.told] == list(packs.tags)


# --- sentences


@pytest.mark.parametrize(
    ("tag", "text", "found"),
    [
        ("en", "You are no victim, whatever they say.", "'victim' is never said"),
        ("en", "Somebody is coming for you.", "'is coming' is never promised"),
        ("en", "Hello. What is your name?", "'what is your name' is never asked"),
        ("en", "How did you cross over? Answer 1.", "'how did you cross' is never asked"),
        ("vi", "Bạn bị bán sang đó.", "'bị bán' is never said"),
        ("vi", "Chuyện này tuyệt đối bí mật.", "'tuyệt đối bí mật' is never promised"),
        ("vi", "Bạn bị lầm lỡ, hoặc bị bóc lột.", "'lầm lỡ' is never said"),
        ("vi", "Bạn tên gì?", "'tên gì' is never asked"),
        ("vi", "Bạn ở xã nào?", "'xã nào' is never asked"),
        ("vi", "Bạn có bằng chứng không?", "'bằng chứng' is never asked"),
        ("vi", "Bạn qua cửa khẩu nào?", "'cửa khẩu nào' is never asked"),
        ("vi", "Ai đã bán bạn?", "'ai đã bán bạn' is never asked"),
        ("vi", "Tái hoà nhập là gì?", "'tái hoà nhập' is never said"),
    ],
)
def test_words_that_must_not_be_are_found(book: Book, packs: Packs, tag: str, text: str, found: str) -> None:
    """Never said, never promised, never asked (standards.md 2)."""
    lines = [str(one) for one in check_words(book, packs.pack(tag), [Line("menu.main", tag, text)])]
    assert any(found in line for line in lines), lines


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("vi", "Bạn bị bạn bè đòi nợ thì mang số căn cước ra xã."),
        ("vi", "Công an hỏi họ tên, ngày sinh và quê quán. Bạn không phải kể đi đường nào."),
        ("vi", "Con bạn sinh ở đâu?"),
        ("vi", "Bạn đang ở Việt Nam hay nước ngoài?"),
        ("vi", "Lúc này có ai đang dọa hay làm hại bạn không?"),
        ("en", "They ask for your name. What would you like to do now?"),
        ("en", "Is somebody hurting you?"),
        ("en", "Do not want to give your name? There are places that do not ask."),
    ],
)
def test_words_that_may_be_are_left_alone(book: Book, packs: Packs, tag: str, text: str) -> None:
    """What an office asks may be told; a word with other marks is another word."""
    assert list(check_words(book, packs.pack(tag), [Line("menu.main", tag, text)])) == []


def test_what_stands_above_options_is_a_question_with_or_without_its_mark(book: Book, packs: Packs) -> None:
    """ "Tell us your name." asks too."""
    line = Line("menu.main", "en", "Tell us your name.")
    assert list(check_words(book, packs.pack("en"), [line])) == []
    assert list(check_words(book, packs.pack("en"), [replace(line, kind="asked")]))


def test_a_word_may_be_said_in_the_flow_it_belongs_to(book: Book, packs: Packs) -> None:
    """`Tố cáo` only where an official report was asked for; the same word stays banned everywhere else."""
    pack = replace(packs.pack("vi"), only_in={"papers": ("tố cáo",)})
    assert list(check_words(book, pack, [Line("papers.cost", "vi", "Đi tố cáo.")])) == []
    assert list(check_words(book, pack, [Line("menu.main", "vi", "Đi tố cáo.")]))
    gone = list(map(str, check_words(book, replace(pack, only_in={"repost": ()}), [])))
    assert gone == [
        "vi/pack.yaml: only_in names the flow 'repost', which does not exist. Name a flow, or drop the line."
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (Line("a.b", "vi", "Cha\u0300o bạn."), "not composed"),
        (Line("a.b", "en", "Call  them."), "a space stands where none belongs"),
        (Line("a.b", "en", "Wait. Go. Come. Sit. Stand."), "5 sentences in one message, 4 are allowed"),
        (Line("a.b", "en", "word " * 26), "26 words without a stop, 25 are allowed"),
        (Line("a.b", "vi", "từ " * 31), "31 words without a stop, 30 are allowed"),
        (Line("a.b", "en", "a" * 28, "label"), "has 28 letters, 27 are allowed"),
    ],
)
def test_what_is_hard_to_read_is_found(line: Line, found: str) -> None:
    """On an old phone, by somebody who left school early."""
    assert any(found in str(one) for one in check_reading(line))


@pytest.mark.parametrize(
    "line",
    [
        Line("a.b", "en", "Wait. Go, 1.5 km. Come! Sit?"),
        Line("a.b", "en", ("word " * 13).strip() + "; " + ("word " * 13).strip() + "."),
        Line("a.b", "en", "a" * 27, "label"),
        Line("a.b", "en", "a" * 40, "hidden"),
    ],
)
def test_what_is_easy_to_read_is_left_alone(line: Line) -> None:
    """A stop is a stop, a label that is not printed takes no room."""
    assert list(check_reading(line)) == []


def test_options_that_look_alike_without_marks_are_found() -> None:
    """Who types without marks could pick only one of them."""
    lines = [Line("a.b", "vi", "Bạn", "label"), Line("a.b", "vi", "Bán", "label"), Line("a.c", "vi", "Bàn", "label")]
    assert [str(found) for found in check_labels(lines)] == [
        "a.b, vi: the options 'Bạn' and 'Bán' are the same without marks. Name one of them differently."
    ]


def test_a_number_without_its_warning_is_found(packs: Packs) -> None:
    """111 is recorded and passed on: whoever calls it must have read that in the same message (standards.md 3)."""
    told = [
        Line("a.b", "en", "Call 111."),
        Line("a.b", "en", "Call 111: its calls are recorded and passed on."),
        Line("a.b", "en", "Call 1112."),
        Line("a.b", "vi", "Gọi 111."),
        Line("a.b", "vi", "Gọi 111, cuộc gọi được ghi âm và báo lại."),
    ]
    assert [found.languages[0] for found in check_warnings(packs, told)] == ["en", "vi"]


def test_a_broken_sentence_is_found_in_the_flow_it_stands_in(book: Book, packs: Packs) -> None:
    """All of the above, of what the flows really say, and no message longer than three segments."""
    for told, found in (
        ("You are a victim.", "papers.cost, en: 'victim' is never said"),
        ("ă" * 202, "papers.cost, en: 4 segments, 3 are allowed"),
        ("Call 111.", "papers.cost, en: 111 is told without its warning"),
        ("Well  then.", "papers.cost, en: a space stands"),
    ):
        broken = with_step(book, Step("papers", "cost", say=(Told(told),), then="papers.after"))
        lines = [str(one) for one in check_sentences(broken, packs, packs.tags, SMS)]
        assert any(found in line for line in lines), lines
    asked = with_step(book, Step("papers", "cost", ask="Well?", options=(Option("a" * 28, "a", "menu.main"),)))
    assert any("has 28 letters" in str(one) for one in check_sentences(asked, packs, ["en"], SMS))


# --- answers


def test_every_way_to_answer_is_tried(book: Book, packs: Packs) -> None:
    """Digit, keycap, full width, `số 1`, a number word, the label with and without marks."""
    typed = {one.typed for one in every_answer(book, packs, ["vi"]) if one.asked.at == ("papers", "birth_where")}
    assert {"1", "1\ufe0f\u20e3", "１", "số 1", "một", "mot", "Ở Việt Nam", "O Viet Nam", "1 Ở Việt Nam"} <= typed


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((Option("Nine", "a", "menu.main"),), "the answer 'Nine' for the option 'a' is heard as the alarm 'person'"),
        ((Option("Stop", "a", "menu.main"),), "is heard as the alarm 'stop'"),
        ((Option("Two", "a", "menu.main"), Option("B", "b", "menu.main")), "is heard as the option 'b'"),
        ((Option("…", "a", "menu.main"),), "the answer '…' for the option 'a' is not understood"),
    ],
)
def test_an_option_that_cannot_be_picked_by_its_own_words_is_found(
    book: Book, packs: Packs, options: tuple[Option, ...], found: str
) -> None:
    """What is printed on the phone is typed back."""
    asked = with_step(book, Step("papers", "cost", ask="Well?", options=options))
    lines = [str(one) for one in check_answers(asked, packs, ["en"])]
    assert any(line.startswith("papers.cost, en") and found in line for line in lines), lines


# --- words


@pytest.mark.parametrize(
    ("file", "listed", "found"),
    [
        ("papers", "topics:\n  nowhere: [some tea]", "topics name 'papers.nowhere', which does not exist"),
        ("papers", 'options:\n  "which:idgone": [some tea]', "Did you mean 'papers.which:id_gone'"),
        ("papers", "topics:\n  cost: [main menu]", "can never be heard, it is the alarm 'menu'"),
        ("papers", 'options:\n  "which:birth": [erase all]', "heard, it is the alarm 'erase_now'"),
        ("papers", 'options:\n  "which:birth": [my tea]\n  "which:residence": [my tea]', "heard, it is nothing"),
        ("papers", "topics:\n  cost: [some tea]\n  birth_vn: [some tea]", "heard, it is the topic"),
    ],
)
def test_words_that_could_never_be_heard_are_found(
    book: Book, locales: Path, file: str, listed: str, found: str
) -> None:
    """A list for a step that is gone, a phrase that is an alarm, one that two lists have."""
    (locales / "en" / "topics" / f"{file}.yaml").write_text(listed, encoding="utf-8")
    lines = [str(one) for one in check_word_lists(book, load_packs(locales), ["en"])]
    assert any(found in line for line in lines), lines


def test_a_line_is_left_alone_while_one_of_its_phrases_is_heard(book: Book, locales: Path) -> None:
    """Choices are written together for shortness; some of them may say more than others."""
    listed = "topics:\n  cost: [(some tea|main menu)]"
    (locales / "en" / "topics" / "papers.yaml").write_text(listed, encoding="utf-8")
    assert not [one for one in check_word_lists(book, load_packs(locales), ["en"]) if "papers" in str(one)]


def test_words_that_are_an_alarm_only_without_their_marks_are_found(book: Book, locales: Path) -> None:
    """Most people type without marks: they would never come there."""
    (locales / "vi" / "topics" / "papers.yaml").write_text("topics:\n  cost: [thói]", encoding="utf-8")
    lines = [str(one) for one in check_word_lists(book, load_packs(locales), ["vi"])]
    assert any("without marks it is the alarm 'stop'" in line for line in lines), lines


# --- translations

PAPERS = Path("vi") / "LC_MESSAGES" / "papers.po"
COURTESY = Path("vi") / "LC_MESSAGES" / "courtesy.po"
BYE = 'msgctxt "courtesy.bye"'


def _entry(context: str, sentence: str, told: str) -> str:
    return f'# review: draft\nmsgctxt "{context}"\nmsgid "{sentence}"\nmsgstr "{told}"\n\n'


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (BYE, 'msgctxt "courtesy.by"', "courtesy.by does not say"),
        (BYE, _entry("papers.which", "Hello", "Chào") + BYE, "'Hello' belongs to papers.which"),
        (BYE, "#, fuzzy\n" + BYE, "has no translation, or an uncertain one"),
        ("Chào bạn nhé", "Cha\u0300o bạn nhé", "not composed"),
        ("Chào bạn nhé", "Chào {who} nhé", "has the slots ['who'], its source []"),
        ("Chào bạn nhé", "Chào 3 bạn nhé", "tells the numbers ['3'], its source []"),
        (BYE, BYE.replace("msgctxt", "msgctx"), "it cannot be read"),
    ],
)
def test_a_translation_out_of_step_is_found(
    book: Book, locales: Path, sentences: Sentences, old: str, new: str, found: str
) -> None:
    """Entries nothing says any more, missing ones, other slots and numbers, letters in pieces."""
    packs = load_packs(locales)
    write(locales / COURTESY, old, new)
    if "msgctx " not in new:
        packs = load_packs(locales)
    lines = [str(one) for one in check_translations(packs, locales, sentences, "vi")]
    assert any(found in line for line in lines), lines


def test_a_stale_translation_names_the_sentence_that_is_said_now(locales: Path, sentences: Sentences) -> None:
    """The translator sees what became of it."""
    write(locales / PAPERS, "Which paper is it about?", "Which of the papers is it about?")
    packs = load_packs(locales)
    lines = [str(one) for one in check_translations(packs, locales, sentences, "vi")]
    assert any(line.endswith("Nearest: 'Which paper is it about?'.") for line in lines), lines


@pytest.mark.parametrize(
    ("sentence", "told", "holds"),
    [
        ("Since July 2025 it is free.", "Từ tháng 7/2025 thì miễn phí.", True),
        ("Since July 2025 it is free.", "Từ tháng 6/2025 thì miễn phí.", False),
        ("Send 9 or 0.", "Nhắn 9 hoặc 0.", True),
        ("Send 9 or 0.", "Nhắn 9.", False),
        ("Call 113.", "Gọi 113, nhớ là 113.", True),
        ("Hello {who}.", "Chào {who}.", True),
        ("Hello {who}.", "Chào {ai}.", False),
    ],
)
def test_slots_and_numbers_are_those_of_the_source(
    packs: Packs, tmp_path: Path, sentence: str, told: str, holds: bool
) -> None:
    """A wrong telephone number in one language is found by comparing it with the other."""
    folder = tmp_path / "mww" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "a.po").write_text(header + _entry("a.b", sentence, told), encoding="utf-8")
    (tmp_path / "mww" / "pack.yaml").write_text("name: Hmoob", encoding="utf-8")
    (tmp_path / "mww" / "words.yaml").write_text("", encoding="utf-8")
    (tmp_path / "fixed.yaml").write_text("late: Sorry.", encoding="utf-8")
    found = list(check_translations(load_packs(tmp_path), tmp_path, {"a": [("a.b", sentence)]}, "mww"))
    assert (found == []) == holds, found


def test_a_pack_that_is_not_opened_with_may_fall_back(locales: Path, sentences: Sentences) -> None:
    """A language begins with danger, stop, erase and a person; the rest is counted."""
    new = locales / "km"
    (new / "LC_MESSAGES").mkdir(parents=True)
    (new / "pack.yaml").write_text("name: ខ្មែរ\nfallback: [vi]", encoding="utf-8")
    (new / "words.yaml").write_text("", encoding="utf-8")
    packs = load_packs(locales)
    assert list(check_translations(packs, locales, sentences, "km")) == []
    assert missing(packs, sentences, "km") == sum(map(len, sentences.values()))
    opened = (new / "pack.yaml").read_text(encoding="utf-8") + "\nopening: true"
    (new / "pack.yaml").write_text(opened, encoding="utf-8")
    assert list(check_translations(load_packs(locales), locales, sentences, "km"))


# --- bringing translations in step


def test_the_committed_translations_are_in_step(locales: Path, sentences: Sentences) -> None:
    """`make messages` would change nothing, byte by byte: comments, order, header."""
    before = {path.name: path.read_text(encoding="utf-8") for path in (locales / "vi").rglob("*.po")}
    done = update_pack(locales / "vi", sentences)
    assert {path.name: path.read_text(encoding="utf-8") for path in (locales / "vi").rglob("*.po")} == before
    assert (done.new, done.moved, done.gone) == ([], [], [])
    assert done.kept == sum(map(len, sentences.values()))


def test_updating_keeps_translations_adds_new_sentences_and_reports_gone_ones(
    locales: Path, sentences: Sentences
) -> None:
    """A changed sentence is empty again, so that no old answer is said for a new one; the old words are printed."""
    write(locales / PAPERS, "# review: draft", "# review: approved, seen by two")
    sentences["courtesy"] = [("courtesy.bye", "Farewell."), *sentences["courtesy"][:1]]
    done = update_pack(locales / "vi", sentences)
    assert done.new == [("courtesy.bye", "Farewell.")]
    assert [(context, told) for context, _, told in done.gone] == [
        ("courtesy.bye", "Chào bạn nhé. Cần gì bạn cứ nhắn.")
    ]
    text = (locales / COURTESY).read_text(encoding="utf-8")
    assert '# review: draft\nmsgctxt "courtesy.bye"\nmsgid "Farewell."\nmsgstr ""\n' in text
    assert text.index("courtesy.bye") < text.index("courtesy.thanks")
    assert "# review: approved, seen by two" in (locales / PAPERS).read_text(encoding="utf-8")
    packs = load_packs(locales)
    assert packs.text("vi", "courtesy.bye", "Farewell.") == "Farewell."


def test_a_sentence_that_moves_takes_its_translation_along_as_a_draft(locales: Path, sentences: Sentences) -> None:
    """The words are right, but nobody has read them in their new place; a flow that is gone takes its file with it."""
    context, sentence = sentences.pop("stop")[0]
    told = load_packs(locales).text("vi", context, sentence)
    sentences["halt"] = [("halt.start", sentence)]
    done = update_pack(locales / "vi", sentences)
    assert done.moved == [("halt.start", sentence)]
    assert done.gone == []
    assert not (locales / "vi" / "LC_MESSAGES" / "stop.po").exists()
    assert load_packs(locales).text("vi", "halt.start", sentence) == told


def test_a_new_language_gets_a_file_for_each_flow(tmp_path: Path, sentences: Sentences) -> None:
    """Empty, with a header that Babel reads although CLDR does not know the tag."""
    folder = tmp_path / "tyz"
    folder.mkdir()
    done = update_pack(folder, sentences)
    assert len(done.new) == sum(map(len, sentences.values()))
    assert {path.stem for path in folder.rglob("*.po")} == set(sentences)
    assert '"Language: tyz\\n"' in (folder / "LC_MESSAGES" / "papers.po").read_text(encoding="utf-8")
    assert update_pack(folder, sentences).new == done.new
