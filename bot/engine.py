"""The pure step: what we know and what was heard go in; what we know now, what we say and what happens come out."""

from dataclasses import replace

from bot.book import MENU, Book
from bot.state import Effect, Heard, Say, State, Stepped
from bot.walk import Walk

__all__ = ["Effect", "Heard", "Say", "State", "Stepped", "ask_again", "step"]


def step(book: Book, state: State, heard: Heard) -> Stepped:
    """Answer what was heard. Never raises, whatever the state or what was heard; same input, same outcome."""
    walk = Walk(book, _mend(book, state))
    if heard.language and (walk.state.language is None or heard.alarm == "language"):
        walk.know(language=heard.language)
    if heard.region is not None:
        walk.know(region=heard.region or None)
    if heard.alarm in book.alarms:
        _cut_in(walk, heard)
    elif heard.media:
        walk.know(misses=0)
        walk.leave_for(_opened_by(book, "media"))
    elif _topic_cuts_in(walk, heard):
        walk.know(misses=0)
        walk.leave_for(str(heard.topic))
    elif walk.state.at is None:
        _begin(walk, heard)
    elif book.gate_of(walk.state.at):
        _at_gate(walk, heard)
    else:
        _in_flow(walk, heard)
    return walk.outcome()


def ask_again(book: Book, state: State) -> Stepped:
    """Only the standing question, as it stood; nothing at all when none stands. The state stays as it was."""
    walk = Walk(book, _mend(book, state))
    standing = walk.standing()
    if standing and standing.ask:
        walk.ask(standing)
    return Stepped(state, tuple(walk.says), ())


def _mend(book: Book, state: State) -> State:
    """The state with places that still ask: a moved step is followed, a lost one becomes the main menu."""
    flow, _, step = (state.topic or "").partition(".")
    topic = state.topic if book.find((flow, step)) else None
    at = _still(book, state.at)
    if at and not book.flows[at[0]].steps[at[1]].ask:
        at = book.flows[MENU].first.at
    back = _still(book, state.back)
    same = (at, back, topic) == (state.at, state.back, state.topic)
    return state if same else replace(state, at=at, back=back, topic=topic)


def _still(book: Book, at: tuple[str, str] | None) -> tuple[str, str] | None:
    if at is None:
        return None
    found = book.find(at)
    return found.at if found else book.flows[MENU].first.at


def _opened_by(book: Book, alarm: str) -> str:
    return ".".join(book.alarms[alarm])


def _cut_in(walk: Walk, heard: Heard) -> None:
    walk.know(misses=0)
    if heard.alarm == "menu":
        _to_menu(walk)
    elif heard.alarm == "language" and heard.language:
        _language_known(walk, heard)
    else:
        walk.know(topic=_topic(walk, heard) or walk.state.topic)  # after the alarm the talk goes on with it
        walk.leave_for(_opened_by(walk.book, str(heard.alarm)))


def _to_menu(walk: Walk) -> None:
    """The main menu; before the gate, first what this is. In safe mode a conversation starts as new."""
    if walk.state.at is None or walk.state.quiet or walk.state.language is None:
        walk.go(walk.opening())
    else:
        walk.go(walk.open_gate() or _opened_by(walk.book, "menu"))


def _language_known(walk: Walk, heard: Heard) -> None:
    """The language was named: say in it what stands, and the whole of an interruption, which was not understood."""
    standing = walk.standing()
    if standing is None:
        _begin(walk, heard)
    elif standing.languages:
        walk.choose(standing, str(heard.language))
    elif walk.book.interrupts(standing.at):
        walk.go(".".join(walk.book.flows[standing.flow].first.at))
    else:
        walk.go("again")


def _begin(walk: Walk, heard: Heard) -> None:
    walk.know(topic=_topic(walk, heard), misses=0)
    walk.go(walk.opening())


def _at_gate(walk: Walk, heard: Heard) -> None:
    """Before the gate nothing is told; what they asked for is remembered and opened behind it."""
    standing = walk.standing()
    if heard.choice and heard.about in (None, walk.state.at) and walk.choose(standing, heard.choice):
        return
    topic = _topic(walk, heard)
    if standing and standing.languages and walk.state.language:
        walk.know(topic=topic or walk.state.topic)
        walk.choose(standing, walk.state.language)
    elif topic or heard.intent or heard.topic or heard.about or walk.state.quiet:
        walk.know(topic=topic or walk.state.topic, misses=0)
        walk.go("again")
    else:
        _miss(walk)


def _in_flow(walk: Walk, heard: Heard) -> None:
    asked = walk.book.find(heard.about) if heard.about else walk.standing()
    if heard.intent is None and heard.choice and walk.choose(asked, heard.choice):
        return
    standing = walk.standing()
    if standing is not None and standing.words and heard.about is None:
        walk.know(misses=0)
        walk.leave_for(standing.words)
        return
    calm = standing is not None and walk.book.flows[standing.flow].calm
    if (heard.intent in walk.book.intents or _known_topic(walk, heard)) and not calm:
        walk.know(misses=0)
        walk.leave_for(_meant(walk, heard))
    elif heard.intent or heard.topic or heard.about:
        walk.know(misses=0)
        walk.go("again")
    else:
        _miss(walk)


def _miss(walk: Walk) -> None:
    """Nothing matched: once said kindly, then the menu and a person are offered; never a third "not understood"."""
    walk.know(misses=walk.state.misses + 1)
    misses = walk.state.misses
    standing = walk.standing()
    flow = walk.book.flows[standing.flow if standing else MENU]
    if flow.calm and misses % 3 == 1:
        walk.leave_for(_opened_by(walk.book, "miss_calm"))
    elif flow.calm or (flow.interrupts and misses == 1):
        walk.go("again")
    elif misses == 1:
        walk.leave_for(_opened_by(walk.book, "miss_first"))
    elif misses == 2 and not flow.interrupts and not flow.gate:
        walk.leave_for(_opened_by(walk.book, "miss_second"))
    else:
        walk.leave_for(_opened_by(walk.book, "miss_offer"))


def _meant(walk: Walk, heard: Heard) -> str:
    """The step the words name; else the one an intent opens, or where the option leads that the same words name."""
    if topic := _known_topic(walk, heard):
        return topic
    opened = walk.book.intents[str(heard.intent)]
    asked = walk.book.find(heard.about or opened)
    option = asked.option(heard.choice) if asked and heard.choice else None
    return option.go if option else ".".join(opened)


def _known_topic(walk: Walk, heard: Heard) -> str | None:
    flow, _, step = (heard.topic or "").partition(".")
    return heard.topic if walk.book.find((flow, step)) else None


def _topic_cuts_in(walk: Walk, heard: Heard) -> bool:
    """Whether the words name a step of a flow that cuts in anywhere, before the gate too: a wrong number, say."""
    topic = _known_topic(walk, heard)
    standing = walk.standing()
    calm = standing is not None and walk.book.flows[standing.flow].calm
    return topic is not None and not calm and walk.book.flows[topic.partition(".")[0]].interrupts


def _topic(walk: Walk, heard: Heard) -> str | None:
    if topic := _known_topic(walk, heard):
        return topic
    opened = walk.book.intents.get(heard.intent or "")
    if opened is None or walk.book.interrupts(opened) or opened[0] == MENU:
        return None
    return _meant(walk, heard)
