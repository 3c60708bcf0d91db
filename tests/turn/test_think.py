"""What a turn comes to, without a clock, a store or a network."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from bot.engine import State
from bot.thinking import SILENCE, Mind, Scene, Thought, think
from bot.turn import LATE, STALE
from program import load_mind
from storage.channels import facts_of
from storage.inbox import Message

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def mind() -> Mind:
    """The dialogue and the packs that people meet."""
    return load_mind()


def written(text: str, at: datetime = NOON, kind: str = "text") -> Message:
    """A message as the inbox gives it."""
    return Message(uuid4(), text, kind, None, at, None)


def scene(
    *messages: Message, state: State | None = None, heard_at: datetime | None = None, fate: str | None = None
) -> Scene:
    """A conversation by SMS from a Vietnamese number, as a turn finds it. The state has been through JSON."""
    kept = None if state is None else State.from_json(json.loads(json.dumps(state.to_json())))
    return Scene(UUID(int=1), UUID(int=2), 0, facts_of("twilio"), kept, "vn", heard_at, fate, messages)


def said(thought: Thought) -> list[str]:
    """Where each sentence of a thought stands, as flow.step."""
    return [f"{spoken.say.flow}.{spoken.say.step}" for spoken in thought.spoken]


IN_PAPERS = State(language="vi", place="vn", at=("papers", "which"))


def test_several_messages_at_once_get_the_answers_of_all_and_the_question_of_the_last(mind: Mind) -> None:
    """A question that is no longer the standing one is not asked; what answers somebody is said."""
    thought = think(mind, scene(written("xin chao"), written("1"), written("toi mat can cuoc")))
    assert "papers.id_gone" in said(thought)
    assert said(thought)[-1] == "papers.after"
    assert "welcome.good_moment" not in said(thought)
    assert "menu.main" not in said(thought)
    assert thought.state.at == ("papers", "after")


def test_a_danger_reply_is_said_even_when_more_was_written_after_it(mind: Mind) -> None:
    """Danger replies are kept, always."""
    thought = think(mind, scene(written("cuu toi voi"), written("2"), state=IN_PAPERS, heard_at=NOON - A_MINUTE))
    assert "danger.inside" in said(thought)
    assert next(effect.detail for effect in thought.effects if effect.name == "want_person") == "P0"


def test_the_same_sentence_is_not_said_twice_in_one_turn(mind: Mind) -> None:
    """Somebody who sends the same words three times at once reads the answer once."""
    asked = [written("cuu toi voi") for _ in range(3)]
    thought = think(mind, scene(*asked, state=IN_PAPERS, heard_at=NOON - A_MINUTE))
    assert len(said(thought)) == len(set(said(thought)))


def test_after_thirty_minutes_of_silence_the_next_message_starts_as_new(mind: Mind) -> None:
    """standards.md 4: no topic and no earlier answer is revealed to whoever holds the phone now."""
    late = scene(written("xin chao", NOON + SILENCE + A_MINUTE), state=IN_PAPERS, heard_at=NOON)
    assert said(think(mind, late)) == ["welcome.good_moment"]
    in_time = scene(written("1", NOON + SILENCE - A_MINUTE), state=IN_PAPERS, heard_at=NOON)
    assert said(think(mind, in_time))[0].startswith("papers.")


def test_after_thirty_minutes_of_silence_not_even_the_language_is_remembered(mind: Mind) -> None:
    """A greeting in somebody's own language would tell as much as a topic; a bare digit tells no language."""
    late = think(mind, scene(written("1", NOON + SILENCE + A_MINUTE), state=IN_PAPERS, heard_at=NOON))
    assert late.state.language is None
    assert said(late) == said(think(mind, scene(written("1"))))
    assert all(line.startswith("welcome.") for line in said(late))
    english = think(mind, scene(written("hello", NOON + SILENCE + A_MINUTE), state=IN_PAPERS, heard_at=NOON))
    assert (english.state.language, said(english)) == ("en", ["welcome.good_moment"])


def test_southern_words_are_answered_in_southern_words_until_a_silence_or_safe_mode(mind: Mind) -> None:
    """The region is forgotten with the language: how somebody speaks tells as much as what they asked."""
    south = think(mind, scene(written("tui cam on"), state=IN_PAPERS, heard_at=NOON - A_MINUTE))
    assert [spoken.language for spoken in south.spoken] == ["vi@south"]
    assert south.state.region == "south"
    late = scene(written("xin chao", NOON + SILENCE + A_MINUTE), state=south.state, heard_at=NOON)
    quiet = scene(written("xin chao"), state=replace(south.state, quiet=True), heard_at=NOON - A_MINUTE)
    for new in (think(mind, late), think(mind, quiet)):
        assert (new.state.language, new.state.region) == ("vi", None)
        assert {spoken.language for spoken in new.spoken} == {"vi"}


def test_danger_is_heard_after_any_silence(mind: Mind) -> None:
    """A new start never delays help."""
    late = scene(written("no dang danh toi", NOON + 10 * SILENCE), state=IN_PAPERS, heard_at=NOON)
    assert said(think(mind, late))[0] == "danger.inside"


def test_silence_between_two_waiting_messages_counts_too(mind: Mind) -> None:
    """Two messages may wait together and yet be an hour apart."""
    apart = scene(written("1", NOON), written("alo", NOON + 2 * SILENCE), state=IN_PAPERS, heard_at=NOON - A_MINUTE)
    assert said(think(mind, apart))[-1] == "welcome.good_moment"


def test_no_good_moment_silences_what_was_about_to_be_said(mind: Mind) -> None:
    """In safe mode nothing is told that was asked for before it."""
    at_gate = State(language="vi", place="vn", at=("welcome", "good_moment"))
    thought = think(mind, scene(written("toi mat can cuoc"), written("2"), state=at_gate, heard_at=NOON - A_MINUTE))
    assert said(thought) == ["welcome.later"]
    assert thought.state.quiet


def test_in_safe_mode_the_next_message_starts_as_new(mind: Mind) -> None:
    """Even a minute later: whoever writes is asked whether the moment is good."""
    quiet = replace(IN_PAPERS, quiet=True)
    thought = think(mind, scene(written("giay to"), state=quiet, heard_at=NOON - A_MINUTE))
    assert said(thought) == ["welcome.good_moment"]


def test_a_question_that_never_left_is_asked_again_instead_of_taking_a_digit_for_its_answer(mind: Mind) -> None:
    """After a stale reply they have not seen the question that stands."""
    stale = scene(written("1"), state=IN_PAPERS, heard_at=NOON - A_MINUTE, fate="stale")
    assert said(think(mind, stale)) == ["papers.which"]


def test_what_answers_a_question_that_may_have_left_is_taken_for_its_answer(mind: Mind) -> None:
    """Unsure is not unsent: a digit that fits means that they read it."""
    unsure = scene(written("1"), state=IN_PAPERS, heard_at=NOON - A_MINUTE, fate="unsure")
    assert said(think(mind, unsure))[0] == "papers.id_gone"


def test_after_an_unsure_send_words_that_fit_nothing_get_the_question_once_more(mind: Mind) -> None:
    """Not "I did not understand": they may never have read what they were asked."""
    unsure = scene(written("alo alo"), state=IN_PAPERS, heard_at=NOON - A_MINUTE, fate="unsure")
    thought = think(mind, unsure)
    assert thought.state.misses == 0
    assert said(thought)[-1] == "papers.which"


def test_danger_is_heard_whatever_became_of_our_last_message(mind: Mind) -> None:
    """A stale or unsure question never stands in the way of help."""
    for fate in ("stale", "unsure", None):
        thought = think(mind, scene(written("cuu toi"), state=IN_PAPERS, heard_at=NOON - A_MINUTE, fate=fate))
        assert said(thought)[0] == "danger.inside"


def test_erase_says_its_farewell_and_nothing_that_was_said_before_it(mind: Mind) -> None:
    """What they asked before the word is not read out after it."""
    thought = think(mind, scene(written("1"), written("XOA HET"), state=IN_PAPERS, heard_at=NOON - A_MINUTE))
    assert said(thought) == ["erase.now"]
    assert [effect.name for effect in thought.effects] == ["erase"]


def test_a_turn_ends_at_the_erase_word(mind: Mind) -> None:
    """What was written after it, a cry for help too, is left for the new person who wrote it."""
    after = [written("cuu toi voi"), written("XOA HET"), written("1")]
    both = scene(written("xin chao"), written("XOA HET"), *after, state=IN_PAPERS, heard_at=NOON - A_MINUTE)
    thought = think(mind, both)
    assert thought.unheard == len(after)
    assert said(thought) == ["erase.now"]
    assert [effect.name for effect in thought.effects] == ["erase"]


def test_a_cry_for_help_before_the_erase_word_is_answered(mind: Mind) -> None:
    """Written together, both are heard."""
    both = scene(written("cuu toi voi"), written("XOA HET"), state=IN_PAPERS, heard_at=NOON - A_MINUTE)
    thought = think(mind, both)
    assert said(thought)[0] == "danger.inside"
    assert said(thought)[-1] == "erase.now"
    assert thought.unheard == 0


def test_a_turn_without_the_erase_word_hears_everything(mind: Mind) -> None:
    """However much was written."""
    assert think(mind, scene(*[written("xin chao")] * 9)).unheard == 0


def test_the_limits_of_time_are_in_the_order_that_people_live_them() -> None:
    """An answer is late before it is stale, and stale before somebody else may hold the phone."""
    assert LATE < STALE < SILENCE
