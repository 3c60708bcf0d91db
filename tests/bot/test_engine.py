"""The pure step: what is kept between turns, where interruptions go back to, what is never lost."""

import json
from dataclasses import replace

import pytest

from bot.book import Book
from bot.engine import Heard, State, ask_again, step
from bot.packs import Packs
from tests.bot.talk import Talk, through_json

MENU = ("menu", "main")
WHICH = ("papers", "which")
GATE = ("welcome", "good_moment")


def test_a_state_survives_json() -> None:
    """State goes through JSON between turns."""
    state = State("vi", "vn", WHICH, GATE, "papers.which", True, 2, {"a": "b"})
    assert through_json(state) == state
    assert through_json(State()) == State()


def test_a_state_of_another_version_is_read() -> None:
    """Unknown keys are left out and missing ones begin empty."""
    assert State.from_json({"language": "vi", "mood": "good"}) == State(language="vi")


def test_a_step_that_no_longer_exists_becomes_the_main_menu(book: Book) -> None:
    """A conversation must not break because a flow was rewritten."""
    outcome = step(book, State(language="vi", at=("papers", "gone_for_good")), Heard())
    assert outcome.state.at == MENU
    assert ask_again(book, State(language="vi", at=("nothing", "here"))).says[0].flow == "menu"


def test_the_first_words_tell_the_language(talk: Talk) -> None:
    """A greeting in Vietnamese goes straight to the good-moment question in the same reply."""
    assert talk.say("xin chao") == ["Chào bạn. Lúc này bạn nhắn tin được không?\n1 Được\n2 Để lúc khác"]
    assert talk.state.language == "vi"


def test_unknown_words_bring_the_language_question(talk: Talk) -> None:
    """Asked in both languages, answered by digit or by the language's own name."""
    assert "Which language" in talk.say("??")[0]
    talk.say("2")
    assert talk.state.language == "en"
    assert talk.state.at == GATE


def test_vietnamese_words_answer_the_language_question(talk: Talk) -> None:
    """Nobody is held at a question their words have already answered."""
    talk.say(".")
    talk.say("minh muon hoi ve giay to")
    assert (talk.state.language, talk.state.at, talk.state.topic) == ("vi", GATE, "papers.which")


def test_what_they_first_asked_for_opens_after_the_welcome(talk: Talk) -> None:
    """The topic of the first words is kept, and gone once it is opened."""
    talk.say("tôi bị mất căn cước, làm lại ở đâu")
    assert talk.state.topic == "papers.id_gone"
    told = talk.say("tiện")
    assert any("công an xã" in text for text in told)
    assert talk.state.topic is None


def test_silence_after_not_now(talk: Talk) -> None:
    """One neutral line, then nothing until they write; the next message starts as new."""
    talk.say("em muon hoi giay to")
    assert talk.say("2") == ["Vâng, lúc khác bạn nhắn nhé."]
    assert talk.last.says[0].kind == "neutral"
    quiet = State(language="vi", at=GATE, quiet=True)
    assert talk.state == quiet
    assert talk.say("menu") == ["Chào bạn. Lúc này bạn nhắn tin được không?\n1 Được\n2 Để lúc khác"]
    assert talk.state == replace(quiet, topic=None)
    talk.say("1")
    assert talk.state == State(language="vi", at=MENU)


def test_safe_mode_reveals_nothing_through_old_buttons(talk: Talk) -> None:
    """A button of an earlier talk, pressed by somebody else, brings only the neutral question."""
    talk.state = State(language="vi", at=GATE, quiet=True)
    talk.say("id_gone", kind="button", about="papers.which")
    assert talk.flows == ["welcome"]
    assert talk.state.at == GATE


def test_danger_in_safe_mode_goes_back_to_the_neutral_question(talk: Talk) -> None:
    """Safe mode outlives an interruption."""
    talk.state = State(language="vi", place="vn", at=GATE, quiet=True)
    talk.say("cứu em với")
    talk.say("2")
    assert talk.state.quiet
    assert talk.state.at == GATE


def test_an_alarm_before_anything_began_leads_to_the_welcome(talk: Talk) -> None:
    """Help first, then the welcome that was missed."""
    talk.say("cứu tôi với, họ đánh tôi")
    assert talk.flows == ["danger"]
    talk.say("1")
    talk.say("2")
    assert talk.state.at == GATE


@pytest.mark.parametrize(
    ("place", "said", "unsaid"), [("vn", "113", "sứ quán"), ("abroad", "sứ quán", "113"), (None, "113", "?")]
)
def test_a_known_place_brings_its_own_numbers_at_once(
    book: Book, packs: Packs, place: str | None, said: str, unsaid: str
) -> None:
    """A Vietnamese number gets the Vietnamese choices at once; an unknown place gets both in the first reply."""
    talk = Talk(book, packs, State(language="vi", place=place, at=WHICH))
    first = talk.say("họ đang đánh em")[0]
    assert said in first
    assert unsaid not in first


def test_an_unknown_place_is_asked_after_both_answers_are_given(book: Book, packs: Packs) -> None:
    """Help never waits for a question."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    told = talk.say("họ đang đánh em")
    assert "113" in told[0]
    assert "sứ quán" in told[1]
    assert "Bạn đang ở Việt Nam hay nước ngoài?" in told[-1]
    talk.say("2")
    assert talk.state.place == "abroad"


def test_nothing_claims_that_somebody_is_coming(book: Book, packs: Packs) -> None:
    """Today nobody may be on duty: the request is kept, and they are told whom to call meanwhile."""
    for words in ("cứu em với", "9"):
        told = " ".join(Talk(book, packs, State(language="vi", place="vn", at=WHICH)).say(words))
        assert "có thể chưa có ai trực" in told
        assert "113" in told


def test_self_harm_answers_yes_with_an_ambulance_and_stays(book: Book, packs: Packs) -> None:
    """115 and a page on 1; it never closes by itself."""
    talk = Talk(book, packs, State(language="vi", place="vn", at=WHICH))
    talk.say("em muốn chết quá")
    told = talk.say("uống thuốc sâu rồi")
    assert "115" in told[0]
    assert ("want_person", "P0") in talk.effects
    for words in ("...", "buồn lắm bạn ạ", "không biết nữa"):
        talk.say(words)
    assert talk.state.back == WHICH


def test_an_interruption_of_an_interruption_goes_back_to_the_first_question(book: Book, packs: Packs) -> None:
    """Danger, then a wish to die, then back: the papers question still stands."""
    talk = Talk(book, packs, State(language="vi", place="vn", at=WHICH))
    talk.say("họ đang đánh em")
    talk.say("em muốn tự tử")
    talk.say("2")
    talk.say("1")
    assert talk.state.at == WHICH


def test_asking_for_a_person_in_danger_keeps_the_danger_question(book: Book, packs: Packs) -> None:
    """9 answers and the question that stood comes again."""
    talk = Talk(book, packs, State(language="vi", place="vn", at=WHICH))
    talk.say("họ đang đánh em")
    talk.say("9")
    assert talk.state.at == ("danger", "still")
    assert talk.state.back == WHICH


def test_a_language_is_switched_by_its_name_alone(book: Book, packs: Packs) -> None:
    """Only `tiếng X` or the pack's own name, and never because a word looks foreign."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    talk.say("I am from Hanoi and I am not sure")
    assert talk.state.language == "vi"
    assert "Which paper" in talk.say("tiếng Anh")[0]
    assert talk.state == replace(talk.state, language="en", at=WHICH)
    talk.say("em học tiếng việt ở trường")
    assert talk.state.language == "en"


def test_changing_the_language_in_words_asks_which(book: Book, packs: Packs) -> None:
    """Then the question that stood comes again in the new language."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    talk.say("đổi ngôn ngữ")
    assert talk.state.at == ("language", "which_one")
    assert "Which paper" in talk.say("2")[0]
    assert talk.state.at == WHICH


def test_in_danger_the_other_language_repeats_the_numbers(book: Book, packs: Packs) -> None:
    """Whoever asks for another language there has not understood the numbers."""
    talk = Talk(book, packs, State(language="vi", place="vn", at=WHICH))
    talk.say("cứu")
    assert "113 for the police" in talk.say("English")[0]


def test_an_old_button_acts_as_the_option_of_its_question(book: Book, packs: Packs) -> None:
    """People scroll up and press."""
    talk = Talk(book, packs, State(language="vi", at=("papers", "after")))
    talk.say("papers", kind="button", about="menu.main")
    assert talk.state.at == WHICH


@pytest.mark.parametrize(
    ("key", "about"),
    [("gone", "papers.which"), ("yes", "nowhere.at_all"), ("xx", "language.which_one"), ("", "")],
)
def test_a_button_that_no_longer_exists_brings_the_question_again(
    book: Book, packs: Packs, key: str, about: str
) -> None:
    """No blame, and no step forgotten."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    talk.say(key, kind="button", about=about)
    assert talk.state == State(language="vi", at=WHICH)
    assert talk.flows == ["papers"]


def test_an_old_button_that_goes_back_does_not_lose_the_question(book: Book, packs: Packs) -> None:
    """ "No" under a gentle question of last week has nothing of its own to go back to."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    talk.say("no", kind="button", about="danger.still")
    assert talk.state.at == WHICH


def test_media_is_answered_kindly_and_never_opened(book: Book, packs: Packs) -> None:
    """Then the standing question again; a caption is heard like any text."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    told = talk.say("", kind="media")
    assert "không mở được ảnh" in told[0]
    assert "Bạn hỏi về giấy nào?" in told[1]
    assert talk.state.at == WHICH
    talk.say("cứu em với", kind="media")
    assert talk.flows == ["danger"]


def test_media_before_anything_begins_with_the_welcome(talk: Talk) -> None:
    """A voice note may be the first thing that comes from somebody who cannot write."""
    assert len(talk.say("", kind="media")) == 2
    assert talk.state.at == ("welcome", "which_language")


def test_the_erasing_question_never_erases_by_a_digit(book: Book, packs: Packs) -> None:
    """1 asks again, 2 keeps; only the phrase erases."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    assert "XOA HET" in talk.say("xóa tin nhắn giúp em")[0]
    talk.say("1")
    assert talk.state.at == ("erase", "ask")
    assert talk.effects == []
    talk.say("ok")
    assert talk.effects == []
    talk.say("2")
    assert talk.state.at == WHICH
    assert talk.effects == []


def test_zero_leads_to_the_main_menu_from_a_flow(book: Book, packs: Packs) -> None:
    """0 is the main menu; before the welcome is over it first says what this is."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    talk.say("0")
    assert talk.state.at == MENU
    talk.state = State(language="vi", at=GATE)
    talk.say("0")
    assert talk.flows == ["welcome", "menu"]


def test_thanks_and_goodbye_leave_the_question_standing(book: Book, packs: Packs) -> None:
    """Courtesies are answered in one line."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    for words in ("cảm ơn bạn nhiều", "tạm biệt"):
        assert len(talk.say(words)) == 1
        assert talk.state.at == WHICH
        assert talk.state.misses == 0


def test_what_this_line_does_not_know_is_said_honestly(book: Book, packs: Packs) -> None:
    """With the menu of what it does know."""
    talk = Talk(book, packs, State(language="vi", at=WHICH))
    talk.say("thời tiết hôm nay thế nào")
    assert talk.flows == ["beyond", "menu"]
    assert talk.state.at == MENU


def test_ask_again_says_only_the_question_and_changes_nothing(book: Book) -> None:
    """Used when an earlier send was unsure or went stale."""
    state = State(language="vi", at=("danger", "both"), back=WHICH, misses=1)
    again = ask_again(book, state)
    assert [say.step for say in again.says] == ["both"]
    assert again.says[0].options
    assert again.state == state
    assert again.effects == ()
    assert ask_again(book, State()).says == ()


def test_the_same_input_gives_the_same_outcome(book: Book) -> None:
    """A turn may be thought twice."""
    state, heard = State(language="vi", at=WHICH), Heard(choice="birth")
    assert step(book, state, heard) == step(book, state, heard)
    assert json.dumps(step(book, state, heard).state.to_json())


def test_free_words_never_lead_away_from_danger(book: Book, packs: Packs) -> None:
    """Whoever says in danger that there is no money to call gets the way without a call, not a word about loans."""
    talk = Talk(book, packs, State(language="vi", at=("danger", "still"), back=WHICH))
    assert "nhờ người ở đó gọi giúp" in talk.say("em khong co tien goi dien")[0]
    assert "nhờ người ở đó gọi giúp" in talk.say("không gọi được")[0]
    assert talk.say("mất căn cước rồi")[-1].startswith("Bạn cứ nhắn tiếp ở đây.")
    assert talk.state.at == ("danger", "still")
    talk.say("2")
    assert talk.state.at == WHICH


def test_whoever_is_not_understood_in_distress_is_told_once_that_it_is_kept(book: Book, packs: Packs) -> None:
    """No menu and no "answer with a number" after words about dying, and not the same sentence each time."""
    talk = Talk(book, packs, State(language="vi", at=("self_harm", "stay"), back=WHICH))
    told = [talk.say(words) for words in ("em o mot minh", "troi mua", "con em bo em roi", "lanh qua")]
    assert ["ở đây để người trực đọc" in " ".join(texts) for texts in told] == [True, False, False, True]
    assert talk.state.at == ("self_harm", "stay")


def test_what_was_done_later_is_heard_while_they_stay(book: Book, packs: Packs) -> None:
    """Not yet can become yes while they go on writing."""
    talk = Talk(book, packs, State(language="vi", place="vn", at=("self_harm", "stay"), back=WHICH))
    assert "115" in talk.say("em uong thuoc roi")[0]
    assert ("want_person", "P0") in talk.effects


def test_cost_and_time_are_answered_where_papers_are_spoken_of(book: Book, packs: Packs) -> None:
    """No amount and no time, but an answer: a question about a fee is not a question about a loan."""
    talk = Talk(book, packs, State(language="vi", at=("papers", "after")))
    assert "lệ phí" in talk.say("the mat bao nhieu tien")[0]
    assert "tùy nơi làm" in talk.say("bao lau thi xong")[0]
    assert talk.state.at == ("papers", "after")


def test_the_limit_of_secrecy_is_said_once_a_turn(book: Book, packs: Packs) -> None:
    """It stands in the welcome and in what is told about us."""
    talk = Talk(book, packs)
    talk.say("Chào bạn, ở đây có giữ bí mật không?")
    told = " ".join(talk.say("tiện"))
    assert "không lưu ở dạng đọc được" in told
    assert told.count("Bên mình giữ kín chuyện của bạn") == 1
