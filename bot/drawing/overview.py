"""The content of the map: the whole dialogue from the first words through the menu, each flow a card."""

from collections.abc import Mapping

from bot.book import MENU, WELCOME, Flow, Step
from bot.drawing.cards import QUESTION, Bubble, Card, Content, Label, Note, Row, Way
from bot.drawing.forest import Forest, grow
from bot.drawing.plan import Lead, leads
from bot.drawing.telling import Teller

MAP = "index"


def overview_of(teller: Teller) -> Content:
    """Welcome, the menus with a line from each answer to its flow, then what is heard at every step."""
    book, terms = teller.book, teller.terms
    menus = {f"{MENU}.{step.name}": step for step in book.flows[MENU].steps.values() if step.ask}
    ways: dict[str, list[str | None]] = {WELCOME: []}
    for name, step in menus.items():
        ways[name] = [_card_of(teller, lead) for lead in _printed(teller, step)]
    ways |= {name: [] for name in book.flows if name not in (WELCOME, MENU)}
    forest = grow(ways)
    numbers = {name: number for number, name in enumerate(forest.order(), 1)}
    cards = {
        name: _menu(teller, name, menus[name], numbers, forest)
        if name in menus
        else _flow(teller, book.flows[name], numbers, forest)
        for name in forest.order()
    }
    name = teller.packs.pack(teller.tag).name
    return Content(
        language=teller.tag,
        file=MAP,
        title=terms("The whole dialogue"),
        kicker=name,
        about=terms(
            "It begins with the first card and goes through the menu. Below stands what is heard at every step. "
            "A click on a title opens the picture of that part."
        ),
        lines=(),
        cards=cards,
        forest=forest,
        legend=(
            Note("digit", terms("an answer, chosen by its number")),
            Note("card", terms("goes on at this card")),
            Note("urgent", terms("always sent, however late it is")),
        ),
        legend_title=terms("How to read this"),
    )


def _printed(teller: Teller, step: Step) -> list[Lead]:
    return [lead for lead in leads(step, teller.packs) if lead.mark]


def _card_of(teller: Teller, lead: Lead) -> str | None:
    at = teller.plan.place(lead.target)
    if at is None:
        return None
    return ".".join(at) if at[0] == MENU else at[0]


def _menu(teller: Teller, name: str, step: Step, numbers: Mapping[str, int], forest: Forest) -> Card:
    rows = list[Row]()
    for lead in _printed(teller, step):
        card = _card_of(teller, lead)
        text = teller.packs.text(teller.tag, name, lead.option.say) if lead.option else lead.words
        way = Way(f"→ {numbers[card]}", "card", card, f"#c{numbers[card]}") if card else Way("…", "end")
        rows.append(Row(lead.mark, text, way))
    question = Bubble(teller.packs.text(teller.tag, name, str(step.ask)), QUESTION)
    return Card(
        name=name,
        number=numbers[name],
        labels=(_label(teller, MENU, name, forest),),
        bubbles=(question,),
        rows=tuple(rows),
        href=f"{MENU}.svg",
    )


def _to_the_menu(teller: Teller, numbers: Mapping[str, int]) -> Row:
    main = ".".join(teller.book.flows[MENU].first.at)
    return Row("", teller.terms("goes on"), Way(f"→ {numbers[main]}", "card", main, f"#c{numbers[main]}"))


def _label(teller: Teller, flow: str, card: str, forest: Forest) -> Label:
    """The answer that leads to a card from the menu above it, else its flow's title."""
    if card not in forest.parent:
        return Label("", teller.title(flow))
    parent, row = forest.parent[card]
    lead = _printed(teller, teller.book.flows[MENU].steps[parent.partition(".")[2]])[row]
    return Label(lead.mark, teller.packs.text(teller.tag, parent, lead.option.say if lead.option else lead.words))


def _flow(teller: Teller, flow: Flow, numbers: Mapping[str, int], forest: Forest) -> Card:
    terms = teller.terms
    steps = flow.steps.values()
    messages = sum(len(step.say) + bool(step.ask) for step in steps)
    onward = dict.fromkeys(
        teller.title(at[0])
        for step in steps
        for lead in leads(step, teller.packs)
        if (at := teller.plan.place(lead.target)) and at[0] not in (flow.name, MENU, "courtesy")
    )
    size = terms("messages: {messages}, steps: {steps}", messages=messages, steps=len(steps))
    heard = teller.heard(flow)
    leads_on = [terms("leads on to: {cards}", cards=", ".join(onward))] if onward else []
    return Card(
        name=flow.name,
        number=numbers[flow.name],
        labels=(_label(teller, flow.name, flow.name, forest),),
        comes=(*heard, *leads_on, size),
        plain=(terms.about(flow.about),),
        rows=(_to_the_menu(teller, numbers),) if flow.name == WELCOME else (),
        urgent=any(step.kind == "urgent" for step in steps),
        href=f"{flow.name}.svg",
    )
