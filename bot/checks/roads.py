"""Walking every road of the dialogue with the engine itself, from every state a conversation can be in."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field

from bot.book import HEARD_ALARMS, MENU, Book, Option, Step
from bot.checks.finding import Finding
from bot.engine import step as take_step
from bot.listen import BEFORE_A_TOPIC, listen
from bot.packs import Packs
from bot.state import Heard, Say, State, Stepped
from storage.channels import Facts

MOST_TO_AN_ANSWER = 5  # messages of theirs, the greeting among them: each one costs money and courage
PLACES = (None, "vn", "abroad")
SAME_AGAIN = 3  # what nobody understands is answered alike every third time (bot/engine.py)

At = tuple[str, str]


@dataclass
class Roads:
    """What the walk came to.

    `told` is each (flow, step) that said something; `messages` counts the different texts that were rendered;
    `to_answer` is the most messages of theirs from a greeting to a first answer, `to_person` from a question to a
    person.
    """

    states: int = 0
    turns: int = 0
    messages: int = 0
    to_answer: int = 0
    to_person: int = 0
    told: set[At] = field(default_factory=set)
    found: dict[str, Finding] = field(default_factory=dict)

    def find(self, place: str, problem: str, remedy: str, language: str | None = None) -> None:
        """Keep a finding once, however many roads lead to it."""
        finding = Finding(place, problem, remedy, (language,) if language else ())
        self.found.setdefault(str(finding), finding)


def walk_roads(book: Book, packs: Packs, facts: Facts) -> Roads:
    """Hear everything that can be heard in every state, render all that is said, and keep what must not be so.

    A state is a question with the place, the language and the question an interruption came from. Found: a turn in
    which nothing is said or after which nothing is asked, an option that leads nowhere, a question with no person
    within two messages of it, a step no road comes to, an answer more than five messages from the greeting.
    """
    walker = _Walker(book, packs, facts)
    walker.walk()
    walker.check_told()
    walker.check_ways()
    return walker.roads


class _Walker:
    """One walk under way."""

    def __init__(self, book: Book, packs: Packs, facts: Facts) -> None:
        self.book, self.packs, self.facts = book, packs, facts
        self.roads = Roads()
        named = (f"{flow.name}.{step}" for flow in book.flows.values() for step in flow.topics)
        self.topics = tuple(dict.fromkeys([*(".".join(at) for at in book.intents.values()), *named]))
        gates = (step.at for step in book.steps() if step.ask and book.gate_of(step.at))
        self.waiting = (None, book.flows[MENU].first.at, *gates)
        self.nine: dict[Hashable, Heard] = {}
        self.rendered: dict[Hashable, int] = {}

    def walk(self) -> None:
        for state in _spread((State(place=place) for place in PLACES), self._take_turns):
            self.roads.states += 1
            if state.at:
                self._check_person(state)
        self.roads.messages = sum(self.rendered.values())

    def _take_turns(self, state: State, _messages: int) -> Iterator[State]:
        for heard in self._everything(state):
            outcome = take_step(self.book, state, heard)
            self.roads.turns += 1
            self._check_turn(state, heard, outcome)
            for say in outcome.says:
                self.roads.told.add((say.flow, say.step))
                self._render(say, outcome.state.language)
            yield outcome.state

    def _everything(self, state: State) -> Iterator[Heard]:
        """Whatever listening can make of a message here, once where it would be answered alike.

        What is heard after a miss is answered as without it. What was asked for before the gate (its topic), and the
        question behind an interruption, only wait meanwhile: what is no option is heard with one of them for all, with
        a question before the gate and with one behind it.
        """
        if not state.misses:
            yield from choices(self.book, self.packs, state)
        if state.topic not in (None, *self.topics[:1]) or state.back not in self.waiting:
            return
        yield Heard()
        if state.misses:
            return
        yield from (Heard(alarm=alarm) for alarm in HEARD_ALARMS)
        yield from (Heard(alarm="language", language=tag) for tag in self.packs.tags)
        yield from (Heard(topic=topic) for topic in self.topics)
        yield from (Heard(alarm=alarm, topic=topic) for alarm in BEFORE_A_TOPIC for topic in self.topics[:1])
        yield Heard(media=True)
        if state.language is None:
            yield from (Heard(language=tag) for tag in self.packs.tags)
            yield from (Heard(alarm=alarm, language=tag) for alarm in HEARD_ALARMS for tag in self.packs.tags)

    def _check_turn(self, state: State, heard: Heard, outcome: Stepped) -> None:
        at = ".".join(state.at) if state.at else "the first message"
        answer = f"the answer {heard.choice!r}" if heard.choice else "words that are no answer"
        if not outcome.says:
            self.roads.find(at, f"{answer} is followed by silence", "Say something on that way")
        if any(effect.name == "erase" for effect in outcome.effects):
            return
        standing = self.book.find(outcome.state.at) if outcome.state.at else None
        if standing is None or not standing.ask:
            self.roads.find(at, f"no question stands after {answer}", "Ask something at the end of that way")
        option = standing.option(heard.choice) if standing and heard.choice else None
        if standing and option and outcome.state == state and _is_detour(standing, option, outcome):
            self.roads.find(at, f"{answer} only asks the same once more", "Lead on, or drop the option")

    def _check_person(self, state: State) -> None:
        """A person comes by 9, as it is really listened to; where that fails, by an option, or by one and then 9."""
        if self._brings_person(state):
            messages = 1
        else:
            outcomes = [take_step(self.book, state, heard) for heard in choices(self.book, self.packs, state)]
            near = any(_wants_person(outcome) or self._brings_person(outcome.state) for outcome in outcomes)
            messages = 2 if near else 0
        if not messages:
            remedy = "Let an option lead to a person, and keep 9 free"
            self.roads.find(".".join(state.at or ()), "no person can be had within two messages", remedy)
        self.roads.to_person = max(self.roads.to_person, messages)

    def _brings_person(self, state: State) -> bool:
        key = (state.at, state.language)
        if key not in self.nine:
            self.nine[key] = listen(self.book, self.packs, state, "9")
        return _wants_person(take_step(self.book, state, self.nine[key]))

    def _render(self, say: Say, language: str | None) -> None:
        key = (say.flow, say.step, say.sentence, bool(say.options), *sorted(say.slots.items()), language)
        if key not in self.rendered:
            texts = [one.text for one in self.packs.render_all(say, language, self.facts)]
            self.rendered[key] = len(texts)
            if not all(text.strip() for text in texts):
                self.roads.find(f"{say.flow}.{say.step}", "an empty message goes out", "Write what it says", language)

    def check_told(self) -> None:
        """Every step is met by somebody; what is said instead of an expired fact is met when one does."""
        unmet = self.roads.told | {self.book.alarms[alarm] for alarm in ("lapsed", "lapsed_urgent")}
        said = {told.text for step in self.book.steps() if step.at in self.roads.told for told in step.say}
        for step in self.book.steps():
            told = [told.text for told in step.say] or ([step.ask] if step.ask else [])
            if told and step.at not in unmet and not said.issuperset(told) and not step.moved_to:
                self.roads.find(".".join(step.at), "no road comes here", "Lead to it, or say `moved_to:`")

    def check_ways(self) -> None:
        """No first answer is far from the greeting."""
        for at, messages in ways_to_answers(self.book, self.packs).items():
            self.roads.to_answer = max(self.roads.to_answer, messages)
            if messages > MOST_TO_AN_ANSWER:
                problem = f"it is told with their message {messages}, {MOST_TO_AN_ANSWER} are allowed"
                self.roads.find(".".join(at), problem, "Ask less before it, or lead to it from nearer by")


def ways_to_answers(book: Book, packs: Packs) -> dict[At, int]:
    """Each step that tells something, and with how many messages of theirs: a greeting, then options.

    In the slowest opening language, from the place it is nearest to: what is told inside the country is not meant for
    who is abroad. Left out is what follows on an earlier answer of the same flow, what is heard by words anywhere
    (danger, self-harm), and that a person was asked for, which 9 does from the first message on.
    """
    slowest: dict[At, int] = {}
    for tag in packs.opening():
        nearest: dict[At, int] = {}
        for place in PLACES:
            for at, messages in _Ways(book, packs).spread(State(place=place), tag).items():
                nearest[at] = min(messages, nearest.get(at, messages))
        for at, messages in nearest.items():
            slowest[at] = max(messages, slowest.get(at, 0))
    return slowest


class _Ways:
    """The answers found from one greeting on. `behind` are the flows that have told something on the way to a state."""

    def __init__(self, book: Book, packs: Packs) -> None:
        self.book, self.packs = book, packs
        self.first: dict[At, int] = {}
        self.behind: dict[Hashable, frozenset[str]] = {}

    def spread(self, state: State, tag: str) -> dict[At, int]:
        begun = take_step(self.book, state, Heard(language=tag, intent="greet"))
        self._keep(begun, frozenset(), 1)
        for _ in _spread([begun.state], self._follow):
            pass
        return self.first

    def _follow(self, state: State, messages: int) -> Iterator[State]:
        for heard in choices(self.book, self.packs, state):
            outcome = take_step(self.book, state, heard)
            self._keep(outcome, self.behind[_class_of(state)], messages + 2)
            yield outcome.state

    def _keep(self, outcome: Stepped, behind: frozenset[str], messages: int) -> None:
        told = [say for say in outcome.says if self._tells(say)]
        for say in told:
            if say.flow not in behind and not self.book.flows[say.flow].alarms and not _wants_person(outcome):
                self.first.setdefault((say.flow, say.step), messages)
        state = State(place=outcome.state.place) if outcome.state.quiet else outcome.state
        self.behind.setdefault(_class_of(state), behind | {say.flow for say in told})

    def _tells(self, say: Say) -> bool:
        return any(told.text == say.sentence for told in self.book.flows[say.flow].steps[say.step].say)


def choices(book: Book, packs: Packs, state: State) -> Iterator[Heard]:
    """Every option of the standing question as it is heard when picked, also those that are not printed."""
    asked = book.find(state.at) if state.at else None
    if asked and asked.languages:
        yield from (Heard(choice=tag, language=tag) for tag in packs.tags)
    elif asked:
        yield from (Heard(choice=option.key) for option in asked.options)


def _is_detour(asked: Step, option: Option, outcome: Stepped) -> bool:
    """Whether an option comes back to its own question with nothing said on the way, and does not say so itself."""
    return [(say.flow, say.step) for say in outcome.says] == [asked.at] and option.go != ".".join(asked.at)


def _wants_person(outcome: Stepped) -> bool:
    return any(effect.name == "want_person" for effect in outcome.effects)


def _spread(begin: Iterable[State], turns: Callable[[State, int], Iterable[State]]) -> Iterator[State]:
    """Each state once, nearest first. `turns` gives those a state leads to, and hears how many messages it took."""
    waiting = deque((state, 0) for state in begin)
    seen = {_class_of(state) for state, _ in waiting}
    while waiting:
        state, messages = waiting.popleft()
        yield state
        for following in turns(state, messages):
            # After safe mode a conversation starts as new (bot/thinking.py).
            begun = State(place=following.place) if following.quiet else following
            if _class_of(begun) not in seen:
                seen.add(_class_of(begun))
                waiting.append((begun, messages + 1))


def _class_of(state: State) -> Hashable:
    """What of a state makes a difference to what is answered next."""
    misses = state.misses if state.misses < SAME_AGAIN else SAME_AGAIN + state.misses % SAME_AGAIN
    slots = tuple(sorted(state.slots.items()))
    return (state.language, state.place, state.at, state.back, state.topic, misses, slots)
