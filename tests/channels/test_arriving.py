"""What people write arrives once and whole, whatever it is made of, on every channel; what is no message is let be."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.channels.bench import Side, seal, spell_otherwise
from tests.channels.hall import Hall
from tests.channels.texts import BLANKS, TEXTS

both = pytest.mark.parametrize("hall", ["sqlite", "postgresql"], indirect=True)
COPIES = 8


@both
def test_a_text_is_kept_once_and_answered(side: Side, hall: Hall) -> None:
    """200 once it is committed; then a turn finds it."""
    address = hall.somebody(side)
    assert hall.knock(side, hall.letter(side, "text", address, "xin chào")) == 200
    assert hall.heard(side, address) == [("xin chào", "text")]
    assert hall.turn(side, address)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_kept_as_it_was_written(side: Side, hall: Hall, name: str) -> None:
    """Not one letter is changed, left out or put into another form; and a turn bears it."""
    address = hall.somebody(side)
    hall.write(side, address, TEXTS[name])
    assert hall.heard(side, address) == [(TEXTS[name], "text")]
    assert hall.turn(side, address)


@pytest.mark.parametrize("name", BLANKS)
def test_a_text_of_nothing_is_borne(side: Side, hall: Hall, name: str) -> None:
    """It is kept as it came, or as something without words; a turn is not stopped by it."""
    address = hall.somebody(side)
    assert hall.knock(side, hall.letter(side, "text", address, BLANKS[name])) == 200
    heard = hall.heard(side, address)
    assert [text for text, _ in heard] in ([BLANKS[name]], [""], [])
    if heard:
        hall.turn(side, address)


def test_half_a_letter_does_no_harm(side: Side, hall: Hall) -> None:
    """JSON can spell a lone surrogate, which is no text: neither the door nor the turn fails on it."""
    address = hall.somebody(side)
    assert hall.knock(side, hall.letter(side, "text", address, "chào \ud83d bạn")) == 200
    assert len(hall.heard(side, address)) <= 1
    hall.write(side, address)
    assert hall.turn(side, address)


def test_a_text_is_the_same_however_its_letters_are_escaped(side: Side, hall: Hall) -> None:
    """A carrier may spell "à" in more ways than one, and put blanks where they mean nothing."""
    address, text = hall.somebody(side), TEXTS["an emoji of many"]
    letter = hall.letter(side, "text", address, text)
    assert hall.post(side, seal(side, letter, body=spell_otherwise(side, letter.payload))).status_code == 200
    assert hall.heard(side, address) == [(text, "text")]


def test_what_is_sent_without_words_is_kept_as_that(side: Side, hall: Hall) -> None:
    """Pictures, voices, places: nothing of them is fetched, and the answer is for something without words."""
    for kind in side.kinds:
        address = hall.somebody(side)
        assert hall.knock(side, hall.letter(side, kind, address)) == 200
        assert hall.heard(side, address) == [("", "media")], kind
        assert hall.turn(side, address)


def test_words_under_a_picture_are_kept(side: Side, hall: Hall) -> None:
    """Somebody in danger may write them there."""
    address = hall.somebody(side)
    assert hall.knock(side, hall.letter(side, side.kinds[0], address, "cứu tôi với")) == 200
    assert [text for text, _ in hall.heard(side, address)] == ["cứu tôi với"]
    assert "urgent" in hall.turn(side, address)


def test_a_message_without_any_text_is_borne(side: Side, hall: Hall) -> None:
    """A carrier may send a kind of message in which there is no such field."""
    address = hall.somebody(side)
    assert hall.knock(side, hall.letter(side, "textless", address)) in (200, 400)
    heard = hall.heard(side, address)
    assert [text for text, _ in heard] in ([""], [])
    if heard:
        assert hall.turn(side, address)


def test_an_edited_message_is_let_be(side: Side, hall: Hall) -> None:
    """It was answered when it was first written; the carrier need not repeat it."""
    check_let_be(side, hall, "edited", "xin chào")


def test_what_is_said_in_a_group_is_let_be(side: Side, hall: Hall) -> None:
    """Others would read the answer."""
    check_let_be(side, hall, "group", "xin chào")


def test_our_own_message_that_comes_back_is_let_be(side: Side, hall: Hall) -> None:
    """Answered, it would be the beginning of a talk with ourselves; and it is no human who took over."""
    check_let_be(side, hall, "echo", "Chào bạn")


def check_let_be(side: Side, hall: Hall, what: str, text: str) -> None:
    """It is acknowledged and changes nothing, neither of somebody unknown nor of somebody who is being answered."""
    known = hall.somebody(side)
    hall.write(side, known)
    hall.turn(side, known)
    rows, told = hall.rows(), [row.status for row in hall.told_rows(side, known)]
    for address in (known, hall.somebody(side)):
        assert hall.knock(side, hall.letter(side, what, address, text)) == 200
    talk = hall.conversation(side, known)
    assert talk is not None
    assert talk.human_until is None
    assert [row.status for row in hall.told_rows(side, known)] == told
    assert hall.rows() == rows


def test_a_human_at_the_carriers_own_desk_silences_the_bot(side: Side, hall: Hall) -> None:
    """What they write is not taken for the person's, and what the bot was about to say is taken back."""
    address = hall.somebody(side)
    hall.write(side, address)
    hall.turn(side, address)
    assert hall.knock(side, hall.letter(side, "desk", address, "mình là người thật")) == 200
    assert len(hall.heard(side, address)) == 1
    assert {row.status for row in hall.told_rows(side, address)} == {"cancelled"}
    talk = hall.conversation(side, address)
    assert talk is not None
    assert talk.human_until is not None


@pytest.mark.usefixtures("nothing_kept")
def test_what_no_version_of_ours_knows_is_let_be(side: Side, hall: Hall) -> None:
    """An event of a kind that the carrier may add tomorrow: nothing of it is kept, and no door breaks."""
    assert hall.knock(side, hall.letter(side, "unknown", hall.somebody(side), "xin chào")) in (200, 400)


@both
def test_the_same_bytes_again_are_one_message(side: Side, hall: Hall) -> None:
    """Carriers repeat; every copy is acknowledged, or they would go on."""
    address = hall.somebody(side)
    knock = seal(side, hall.letter(side, "text", address, "một lần thôi"))
    assert [hall.post(side, knock).status_code for _ in range(3)] == [200] * 3
    assert hall.heard(side, address) == [("một lần thôi", "text")]


def test_the_same_message_proven_anew_is_one_message(side: Side, hall: Hall) -> None:
    """A carrier's second try may carry another time and proof than its first."""
    address = hall.somebody(side)
    letter = hall.letter(side, "text", address, "một lần thôi")
    assert [hall.post(side, seal(side, letter)).status_code for _ in range(2)] == [200] * 2
    assert hall.heard(side, address) == [("một lần thôi", "text")]


@both
def test_the_same_bytes_many_times_at_once_are_one_message(side: Side, hall: Hall) -> None:
    """Somebody's very first message, too, which makes them known to us."""
    address, together = hall.somebody(side), Barrier(COPIES)
    knock = seal(side, hall.letter(side, "text", address, "cùng một lúc"))

    def post(_: int) -> int:
        together.wait(10)
        return hall.post(side, knock).status_code

    with ThreadPoolExecutor(COPIES) as pool:
        assert list(pool.map(post, range(COPIES))) == [200] * COPIES
    assert hall.heard(side, address) == [("cùng một lúc", "text")]


@both
def test_many_messages_of_one_person_at_once_are_all_kept(side: Side, hall: Hall) -> None:
    """They race to make one person, not one for each."""
    address, together = hall.somebody(side), Barrier(COPIES)
    knocks = [seal(side, hall.letter(side, "text", address, f"câu {place}")) for place in range(COPIES)]
    before = hall.rows()["person"]

    def post(place: int) -> int:
        together.wait(10)
        return hall.post(side, knocks[place]).status_code

    with ThreadPoolExecutor(COPIES) as pool:
        assert set(pool.map(post, range(COPIES))) == {200}
    assert sorted(text for text, _ in hall.heard(side, address)) == [f"câu {place}" for place in range(COPIES)]
    assert hall.rows()["person"] == before + 1


def test_the_same_words_twice_are_two_messages(side: Side, hall: Hall) -> None:
    """Somebody who writes "9" and "9" again means it twice."""
    address = hall.somebody(side)
    for _ in range(2):
        hall.write(side, address, "9")
    assert hall.heard(side, address) == [("9", "text")] * 2


def test_the_same_words_of_two_people_are_two_messages(side: Side, hall: Hall) -> None:
    """What names a message never hides that of somebody else."""
    one, other = hall.somebody(side), hall.somebody(side)
    for address in (one, other):
        hall.write(side, address, "cứu")
    assert hall.heard(side, one) == hall.heard(side, other) == [("cứu", "text")]


def test_the_answer_says_what_the_carrier_wants_to_hear_and_nothing_of_the_person(side: Side, hall: Hall) -> None:
    """Twilio would send the words of a body to the phone; and answers stand in carriers' logs."""
    address = hall.somebody(side)
    answer = hall.post(side, seal(side, hall.letter(side, "text", address, "lời riêng tư")))
    assert (answer.get_data(as_text=True), answer.mimetype) == side.answer
    told = f"{answer.headers}{answer.get_data(as_text=True)}"
    assert address not in told
    assert "riêng" not in told


@both
def test_a_message_of_somebody_erased_does_not_come_back(side: Side, hall: Hall) -> None:
    """The hash of its id outlives them: a carrier that repeats it late cannot bring them back."""
    address = hall.somebody(side)
    knock = seal(side, hall.letter(side, "text", address, "xin chào"))
    assert hall.post(side, knock).status_code == 200
    hall.erase(side, address)
    assert hall.post(side, knock).status_code == 200
    assert hall.contact(side, address) is None
