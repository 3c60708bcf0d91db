"""Random conversations: nothing breaks, something always stands, a person is always near."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue import load_book
from bot.engine import Heard, State, step
from bot.facts import load_facts
from bot.packs import load_packs
from tests.bot.talk import Talk, through_json

ROOT = Path(__file__).resolve().parents[2]
BOOK = load_book(ROOT / "bot" / "flows", load_facts(ROOT / "bot" / "facts.yaml"))
PACKS = load_packs(ROOT / "locales")
SAID = [
    *"0123456789",
    *[
        "xin chào",
        "hello",
        "có",
        "khong",
        "giay to",
        "mất căn cước",
        "cứu em với",
        "tu tu",
        "em muốn tự tử",
        "stop",
    ],
    *[
        "XOA HET",
        "xóa tin nhắn",
        "tiếng anh",
        "English",
        "đổi ngôn ngữ",
        "cảm ơn",
        "asdf",
        "",
        "🙂",
        "gặp người thật",
    ],
]
PRESSED = [f"{'.'.join(asked.at)}:{option.key}" for asked in BOOK.questions() for option in asked.options]
MESSAGES = st.one_of(
    st.tuples(st.sampled_from(SAID), st.just("text")),
    st.tuples(st.sampled_from([*PRESSED, "menu.main:9", "gone.away:yes"]), st.just("button")),
    st.tuples(st.text(max_size=30), st.sampled_from(["text", "media", "button"])),
)
FEW = settings(max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def _stands(state: State) -> bool:
    found = BOOK.find(state.at) if state.at else None
    return found is not None and found.ask is not None


@FEW
@given(st.lists(MESSAGES, min_size=1, max_size=10), st.sampled_from([None, "vn", "abroad"]))
def test_any_conversation_keeps_a_question_standing_and_a_person_near(
    messages: list[tuple[str, str]], place: str | None
) -> None:
    """No exception; a question stands unless all was erased; 9 brings a person at once from anywhere."""
    talk = Talk(BOOK, PACKS, State(place=place))
    for text, kind in messages:
        told = talk.say(text, kind=kind)
        erased = ("erase", "") in talk.effects
        assert told, (text, talk.state)
        assert erased or _stands(talk.state)
        assert len(told) <= 8
        near = Talk(BOOK, PACKS, talk.state)
        near.say("9")
        assert ("want_person", "P1") in near.effects


PLACES = st.one_of(
    st.none(),
    st.sampled_from([found.at for flow in BOOK.flows.values() for found in flow.steps.values()]),
    st.tuples(st.text(max_size=5), st.text(max_size=5)),
)


@FEW
@given(
    st.builds(
        State,
        language=st.sampled_from([None, "vi", "en", "xx"]),
        place=st.sampled_from([None, "vn", "abroad", "moon"]),
        at=PLACES,
        back=PLACES,
        topic=st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["papers.which", "papers", "danger.start"])),
        quiet=st.booleans(),
        misses=st.integers(0, 9),
    ),
    st.builds(
        Heard,
        alarm=st.one_of(st.none(), st.sampled_from([*BOOK.alarms, "unheard_of"])),
        choice=st.one_of(st.none(), st.sampled_from(["yes", "no", "papers", "vn", "back", "??"])),
        about=PLACES,
        intent=st.one_of(st.none(), st.sampled_from([*BOOK.intents, "greet", "affirm", "unheard_of"])),
        language=st.sampled_from([None, "vi", "en"]),
        media=st.booleans(),
    ),
)
def test_any_state_and_anything_heard_is_answered(state: State, heard: Heard) -> None:
    """Also states no conversation reaches: an old database, a flow rewritten in between."""
    outcome = step(BOOK, state, heard)
    assert outcome.says
    assert through_json(outcome.state) == outcome.state
    assert ("erase", "") in [(effect.name, effect.detail) for effect in outcome.effects] or _stands(outcome.state)
