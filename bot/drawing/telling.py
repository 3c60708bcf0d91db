"""The content of one flow's picture: each step a card, in one language, with what is sent and where it leads."""

from bot.book import MENU, Book, Flow, Option, Step
from bot.drawing.cards import QUESTION, SENTENCE, Bubble, Card, Content, Label, Note, Row, Way
from bot.drawing.legend import legend_of, review_of, without_marks_on_all
from bot.drawing.plan import GOES_ON, Lead, Plan, leads
from bot.drawing.terms import SOURCE, Terms
from bot.flow_checks import every_say
from bot.packs import Packs
from bot.state import Say
from storage.channels import Facts
from storage.sms import segments

PAPER = Facts(name="paper", medium="sms", contact_kind="none", limit=10_000)
MOST_SOURCES = 3  # other flows named on a card; more are only counted
FACTS_TITLE = "Facts told here, in English, with the day from which each is left out unless it has been checked again"
ENDS = {
    "back": "back to the question before",
    "topic": "what they first asked",
    "wait": "the question stands",
    "silence": "silence",
    "gone": "all is erased",
}
ALARM_WORDS = {
    "danger": "danger",
    "self_harm": "a wish to die",
    "maybe_self_harm": "perhaps a wish to die",
    "maybe_danger": "perhaps danger",
    "stop": "stop",
    "erase_now": "the exact words to erase",
    "erase_ask": "something about erasing",
    "person": "a person, or 9",
    "language": "another language",
    "menu": "the menu, or 0",
    "media": "a picture or voice",
    "miss_first": "not understood, first time",
    "miss_second": "not understood, second time",
    "miss_offer": "not understood, again",
    "miss_calm": "not understood, in danger",
    "lapsed": "a fact has expired",
    "lapsed_urgent": "an urgent fact has expired",
}
EFFECT_WORDS = {
    "want_person": "written down: a person, {detail}",
    "stop": "no more notices",
    "erase": "everything is erased",
    "feedback": "for the safeguarding lead alone",
}


class Teller:
    """Tells every flow of a book in one language."""

    def __init__(self, book: Book, packs: Packs, plan: Plan, tag: str, terms: Terms) -> None:
        self.book, self.packs, self.plan, self.tag, self.terms = book, packs, plan, tag, terms
        self._says: dict[tuple[str, str], list[Say]] = {}
        for say in every_say(book):
            self._says.setdefault((say.flow, say.step), []).append(say)
        self._titles = {flow: self._title(flow) for flow in book.flows}

    def title(self, flow: str) -> str:
        """A flow's name for people."""
        return self._titles[flow]

    def content(self, flow: Flow) -> Content:
        """Everything the picture of a flow shows."""
        forest, notes = self.plan.forests[flow.name], dict[str, int]()
        cards = {name: self._card(flow.steps[name], notes) for name in forest.order()}
        review, cards = review_of(cards, self.terms), without_marks_on_all(cards)
        person, start = (self.packs.neutral(name, self.tag) for name in ("person", "start"))
        facts = (self.book.facts[name] for name in notes)
        footnotes = [Note(str(number), f"{fact.expires}: {fact.tells}") for number, fact in enumerate(facts, 1)]
        return Content(
            language=self.tag,
            file=flow.name,
            title=self.title(flow.name),
            kicker=f"{flow.name} · {self.packs.pack(self.tag).name}",
            about=self.terms.about(flow.about),
            lines=review,
            cards=cards,
            forest=forest,
            legend=legend_of(cards.values(), self.terms, person=person, start=start),
            legend_title=self.terms("How to read this"),
            footnotes=tuple(footnotes),
            footnotes_title=self.terms(FACTS_TITLE),
        )

    def heard(self, flow: Flow) -> tuple[str, ...]:
        """What leads into a flow from every step."""
        return self._heard(*flow.steps.values())

    def _heard(self, *steps: Step) -> tuple[str, ...]:
        places = [step.at for step in steps]
        alarms = [self.terms(ALARM_WORDS[alarm]) for alarm, at in self.book.alarms.items() if at in places]
        return (self.terms("heard at every step: {what}", what=", ".join(alarms)),) if alarms else ()

    def _title(self, flow: str) -> str:
        if flow in self.terms.titles:
            return self.terms.titles[flow]
        for step in self.book.flows[MENU].steps.values():
            for option in step.options:
                if option.printed and option.go == ".".join(self.book.flows[flow].first.at):
                    return self.packs.text(self.tag, f"{MENU}.{step.name}", option.say)
        return flow.replace("_", " ").capitalize()

    def _card(self, step: Step, notes: dict[str, int]) -> Card:
        said = self._says.get(step.at, [])
        bubbles = [self._told(say, told.facts, notes) for say, told in zip(said, step.say, strict=False)]
        below = ""
        if step.ask:
            question = said[-1]
            rendered = self.packs.render(question, self.tag, PAPER)
            bubbles.append(self._bubble(question, QUESTION, segments(rendered.text)))
            below = self._below(step) if step.menu and not rendered.left_out else ""
        return Card(
            name=step.name,
            number=self.plan.number(step.at),
            labels=self._labels(step),
            comes=self._comes(step),
            writes=self._writes(step.do),
            bubbles=tuple(bubbles),
            rows=tuple(self._row(step, lead) for lead in leads(step, self.packs)),
            below=below,
            urgent=step.kind == "urgent",
        )

    def _told(self, say: Say, facts: tuple[str, ...], notes: dict[str, int]) -> Bubble:
        marks = tuple(notes.setdefault(fact, len(notes) + 1) for fact in facts)
        return self._bubble(say, SENTENCE, segments(self.packs.render(say, self.tag, PAPER).text), marks)

    def _bubble(self, say: Say, what: str, cost: int, marks: tuple[int, ...] = ()) -> Bubble:
        alone = Say(say.flow, say.step, say.sentence, kind=say.kind, slots=say.slots)
        context = f"{say.flow}.{say.step}"
        return Bubble(
            text=self.packs.render(alone, self.tag, PAPER).text,
            what=what,
            segments=cost,
            marks=marks,
            draft=(context, say.sentence) in self.terms.drafts,
            borrowed=self._is_borrowed(context, say.sentence),
        )

    def _is_borrowed(self, context: str, sentence: str) -> bool:
        return self.tag != SOURCE and (context, sentence) not in self.packs.pack(self.tag).sentences

    def _below(self, step: Step) -> str:
        person = f"9 {self.packs.neutral('person', self.tag)}"
        return person if step.flow == MENU else f"0 {self.packs.neutral('start', self.tag)} · {person}"

    def _row(self, step: Step, lead: Lead) -> Row:
        if lead.option is None:
            words = lead.words if lead.mark else self.terms(lead.words)
            return Row(lead.mark, words, self._way(step, lead.target))
        context = ".".join(step.at)
        return Row(
            mark=lead.mark,
            text=self.packs.text(self.tag, context, lead.option.say),
            way=self._way(step, lead.target),
            writes=(*self._writes(lead.option.do), *self._remembers(lead.option)),
            typed=not lead.option.printed,
            translated=True,
            draft=(context, lead.option.say) in self.terms.drafts,
            borrowed=self._is_borrowed(context, lead.option.say),
        )

    def _way(self, step: Step, target: str) -> Way:
        at = self.plan.place(target)
        if at is None:
            return Way(self.terms(ENDS[target]), "end")
        number = self.plan.number(at)
        if at[0] == step.flow:
            return Way(f"→ {number}", "card", card=at[1], href=f"#c{number}")
        if number == 1:
            return Way(f"→ {self.title(at[0])}", "out", href=f"{at[0]}.svg")
        return Way(f"→ {self.title(at[0])} {number}", "out", href=f"{at[0]}.svg#c{number}")

    def _labels(self, step: Step) -> tuple[Label, ...]:
        parent = self.plan.forests[step.flow].parent.get(step.name)
        if parent is None:
            return ()
        above = self.book.flows[step.flow].steps[parent[0]]
        leading = [lead for lead in leads(above, self.packs) if self.plan.place(lead.target) == step.at]
        rows = [self._row(above, lead) for lead in leading if lead.words != GOES_ON]
        return tuple(Label(row.mark, row.text, row.typed) for row in rows)

    def _comes(self, step: Step) -> tuple[str, ...]:
        """How one gets here other than along a line."""
        lines = list(self._heard(step))
        flow = self.book.flows[step.flow]
        if step.name in flow.intents.values() or ".".join(step.at) in self.packs.pack(self.tag).words.topics:
            lines.append(self.terms("from their own words"))
        sources = self.plan.sources(step.at)
        near = sorted(self.plan.number(at) for at in sources if at[0] == step.flow)
        if near and step.name in self.plan.forests[step.flow].roots:
            lines.append(self.terms("from {cards}", cards=", ".join(map(str, near))))
        far = list(dict.fromkeys(self.title(at[0]) for at in sources if at[0] != step.flow))
        if len(far) > MOST_SOURCES:
            lines.append(self.terms("from {count} other pictures", count=len(far)))
        elif far:
            lines.append(self.terms("from {cards}", cards=", ".join(far)))
        return tuple(lines)

    def _writes(self, effects: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
        return tuple(self.terms(EFFECT_WORDS[name], detail=detail) for name, detail in effects)

    def _remembers(self, option: Option) -> tuple[str, ...]:
        places = {"vn": "in Viet Nam", "abroad": "abroad"}
        return tuple(
            self.terms("remembered: {what}", what=self.terms(places[value]) if name == "place" else f"{name} = {value}")
            for name, value in option.set.items()
        )
