"""What the signs of a picture mean, those that occur in it, and how much of it somebody has reviewed."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.drawing.cards import Bubble, Card, Note, Row
from bot.drawing.terms import Terms


def legend_of(cards: Collection[Card], terms: Terms, person: str, start: str) -> tuple[Note, ...]:
    """The signs that occur in these cards. `person` and `start` are what 9 and 0 are called in this language."""
    rows = [row for card in cards for row in card.rows]
    bubbles = [bubble for card in cards for bubble in card.bubbles]
    drawn: list[Bubble | Row] = [*rows, *bubbles]
    looks = {row.way.look for row in rows}
    written = any(card.writes for card in cards) or any(row.writes for row in rows)
    known = (
        ("sentence", bool(bubbles), "a message as it is sent, and how many SMS it takes"),
        ("question", any(bubble.what == "question" for bubble in bubbles), "the question, its answers below"),
        ("digit", any(row.mark for row in rows), "an answer, chosen by its number"),
        ("typed", any(row.typed for row in rows), "not printed, but understood"),
        ("card", "card" in looks, "goes on at this card"),
        ("out", "out" in looks, "goes on in another picture"),
        ("end", "end" in looks, "ends here, or goes back"),
        ("pencil", written, "written down: P0 now, P1 in a day, P2 in three days, P3 when there is time"),
        ("fact", any(bubble.marks for bubble in bubbles), "tells a fact, listed at the end"),
        ("urgent", any(card.urgent for card in cards), "always sent, however late it is"),
        ("draft", any(one.draft for one in drawn), "a draft nobody has reviewed"),
        ("borrowed", any(one.borrowed for one in drawn), "not translated: said in another language"),
    )
    always = terms("works at every step: 9 {person}, 0 {start}", person=person, start=start)
    return (*(Note(sign, terms(text)) for sign, occurs, text in known if occurs), Note("always", always))


def review_of(cards: Mapping[str, Card], terms: Terms) -> tuple[str, ...]:
    """A line on how much of this awaits a review, where anything does."""
    found = _translated(cards)
    drafts = sum(one.draft for one in found)
    if not drafts:
        return ()
    if drafts == len(found):
        return (terms("Draft: nobody has reviewed these words yet."),)
    return (terms("{drafts} of {all} sentences and answers await a review.", drafts=drafts, all=len(found)),)


def without_marks_on_all(cards: Mapping[str, Card]) -> dict[str, Card]:
    """The cards without the mark of a draft, where every one of their sentences would bear it: it is said once then."""
    if not all(one.draft for one in _translated(cards)):
        return dict(cards)
    return {
        name: replace(
            card,
            bubbles=tuple(replace(bubble, draft=False) for bubble in card.bubbles),
            rows=tuple(replace(row, draft=False) for row in card.rows),
        )
        for name, card in cards.items()
    }


def _translated(cards: Mapping[str, Card]) -> list[Bubble | Row]:
    """What stands in the language packs: not the drawing's own words."""
    rows = [row for card in cards.values() for row in card.rows if row.translated]
    return [*(bubble for card in cards.values() for bubble in card.bubbles), *rows]
