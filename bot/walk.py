"""Walking the flows within one turn: from step to step, collecting what is said, until a question stands."""

from dataclasses import replace
from typing import Any

from bot.book import WELCOME, Book, Step
from bot.state import Effect, Say, State, Stepped

LONGEST_WALK = 20  # steps in one turn; the longest written today is six, and the checks refuse loops that never ask


class Walk:
    """One turn under way. Made for one call of the engine and thrown away with it."""

    def __init__(self, book: Book, state: State) -> None:
        self.book, self.state = book, state
        self.says: list[Say] = []
        self.effects: list[Effect] = []
        self.began_at = state.at
        self.cut_into: tuple[str, str] | None = None

    def outcome(self) -> Stepped:
        """What this turn came to."""
        return Stepped(self.state, tuple(self.says), tuple(self.effects))

    def know(self, **changes: Any) -> None:
        """Change what the state holds."""
        if any(getattr(self.state, name) != value for name, value in changes.items()):
            self.state = replace(self.state, **changes)

    def opening(self) -> str:
        """The target with which a conversation begins."""
        return ".".join(self.book.flows[WELCOME].first.at)

    def standing(self) -> Step | None:
        """The step whose question stands, None before the first."""
        return self.book.find(self.state.at) if self.state.at else None

    def open_gate(self) -> str | None:
        """The target behind the gate, when the person (or what cut in on them) is still before it."""
        return self.book.gate_of(self.state.at) or self.book.gate_of(self.state.back)

    def choose(self, asked: Step | None, key: str) -> bool:
        """Take an option of a question, the standing one or an older one; False when there is no such option."""
        option = asked.option(key) if asked else None
        if asked is None or option is None:
            return False
        self.know(misses=0)
        if asked.languages:
            self.know(language=key)
        slots = {name: value for name, value in option.set.items() if name != "place"}
        self.know(place=option.set.get("place", self.state.place), slots={**self.state.slots, **slots})
        self.effects += [Effect(name, detail) for name, detail in option.do]
        # An old button whose question was left long ago has nothing of its own to go back to.
        stale = asked.at != self.state.at and option.go in ("back", "wait")
        self.leave_for("again" if stale else option.go)
        return True

    def leave_for(self, target: str) -> None:
        """Go to a target; when it cuts in, remember the question it cuts into."""
        flow = target.partition(".")[0]
        if flow in self.book.flows and self.book.flows[flow].interrupts:
            if not self.book.interrupts(self.state.at):
                self.know(back=self.state.at or self.book.place_of(self.opening()))
            elif self.state.at and self.state.at[0] != flow:
                self.cut_into = self.state.at
        self.go(target)

    def go(self, target: str) -> None:
        """Walk from a target until a question stands or nothing more is to be said."""
        following: str | None = target
        for _ in range(LONGEST_WALK):
            if following is None:
                return
            following = self._special(following) if "." not in following else self._enter(following)
        self.ask(self.book.flows["menu"].first)

    def ask(self, step: Step) -> None:
        """Say a step's question and let it stand."""
        kind = "urgent" if step.kind == "urgent" else "question"
        self._say(step, str(step.ask), kind, asked=True)
        self.know(at=step.at)
        if not self.book.interrupts(step.at):
            self.know(back=None, topic=self.state.topic if self.book.gate_of(step.at) else None)

    def _enter(self, target: str) -> str | None:
        flow = target.partition(".")[0]
        if self.state.quiet and not self.book.flows[flow].interrupts and not self.book.flows[flow].gate:
            # Safe mode: somebody else may be reading, so a new start tells nothing of what was asked before.
            self.know(topic=target)
            return self.opening()
        step = self.book.find(self.book.place_of(target))
        if step is None:
            return "menu.main"
        if self.book.gate_of(step.at) == target:
            self.know(quiet=False)
        self.effects += [Effect(name, detail) for name, detail in step.do]
        if step.lapsed:
            self._say_that_it_lapsed(step.kind)
        for told in step.say:
            self._say(step, told.text, step.kind)
        if step.ask:
            self.ask(step)
            return None
        return self._way_on(step)

    def _way_on(self, step: Step) -> str | None:
        if step.by == "place":
            return step.cases[self.state.place if self.state.place in ("vn", "abroad") else "unknown"]
        if step.by == "language":
            return step.cases["known" if self.state.language else "unknown"]
        return step.then

    def _special(self, word: str) -> str | None:
        if word == "again":
            return self._question_at(self.state.at)
        if word == "back":
            return self._back_to(self.cut_into or self.state.back)
        if word == "topic":
            topic = self.state.topic
            self.know(topic=None)
            return topic or "menu.main"
        if word == "silence":
            self.know(at=self._land(), back=None, topic=None, quiet=True, slots={})
        elif word == "wait":
            self.know(at=self.began_at or self._land())
            if not self.book.interrupts(self.state.at):
                self.know(back=None)
        elif word == "gone":
            self.state = State(language=self.state.language, place=self.state.place)
        return None

    def _back_to(self, at: tuple[str, str] | None) -> str | None:
        """The question cut into; what the words that cut in were about goes before it, unless it is a gate."""
        step = self.book.find(at) if at else None
        waits = step is None or self.book.gate_of(step.at) or self.book.interrupts(step.at)
        return self._question_at(at) if waits or self.state.topic is None else self._special("topic")

    def _question_at(self, at: tuple[str, str] | None) -> str | None:
        step = self.book.find(at) if at else None
        if step is None:
            return "menu.main" if at is None and self.began_at else self.opening()
        if step.languages and self.book.gate_of(step.at) and self.state.language:
            return step.languages  # asked to begin with, and the words have told it meanwhile
        if step.ask:
            self.ask(step)
            return None
        return ".".join(step.at)

    def _land(self) -> tuple[str, str]:
        """The question with which a conversation would begin, unsaid."""
        step = self.book.flows[WELCOME].first
        while not step.ask:
            step = self.book.flows[WELCOME].steps[str(self._way_on(step)).partition(".")[2]]
        return step.at

    def _say_that_it_lapsed(self, kind: str) -> None:
        flow, step = self.book.alarms["lapsed_urgent" if kind == "urgent" else "lapsed"]
        instead = self.book.flows[flow].steps[step]
        for told in instead.say:
            self._say(instead, told.text, kind)

    def _say(self, step: Step, sentence: str, kind: str, asked: bool = False) -> None:
        if not asked and any(said.sentence == sentence for said in self.says):
            return  # the limit of secrecy stands in the welcome and in what is told about us: once a turn is enough
        self.says.append(
            Say(
                flow=step.flow,
                step=step.name,
                sentence=sentence,
                options=step.options if asked else (),
                kind=kind,
                slots=dict(self.state.slots),
                languages=asked and step.languages is not None,
                menu=asked and step.menu,
            )
        )
