"""Files of pictures: one of each flow and one of the whole dialogue in each language, and a page that lists them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.drawing.cards import Content
from bot.drawing.ink import draw
from bot.drawing.layout import lay_out
from bot.drawing.overview import MAP, overview_of
from bot.drawing.plan import Plan
from bot.drawing.telling import Teller
from bot.drawing.terms import Terms, load_terms
from bot.thinking import Mind


class NoSuchFlow(Exception):
    """A flow or language was asked for that is not there; the text names those that are."""


def contents(
    mind: Mind, locales: Path, tags: Sequence[str] = (), flows: Sequence[str] = ()
) -> Iterator[tuple[Content, Terms]]:
    """What every picture shows, in all languages and of all flows unless some are named; the map is one of them.

    Raises NoSuchFlow.
    """
    book, packs = mind.book, mind.packs
    for asked, known in ((tags, packs.tags), (flows, (*book.flows, MAP))):
        for name in asked:
            if name not in known:
                raise NoSuchFlow(f"there is no {name!r}; choose one of: {', '.join(known)}")
    plan = Plan(book, packs)
    for tag in tags or packs.tags:
        terms = load_terms(locales, tag)
        teller = Teller(book, packs, plan, tag, terms)
        for name in flows or (*book.flows, MAP):
            yield overview_of(teller) if name == MAP else teller.content(book.flows[name]), terms


def pictures(
    mind: Mind, locales: Path, tags: Sequence[str] = (), flows: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    """Every picture as (path below the folder, text). Raises NoSuchFlow."""
    for content, terms in contents(mind, locales, tags, flows):
        yield f"{content.language}/{content.file}.svg", draw(lay_out(content, terms))


def index_page(mind: Mind, locales: Path) -> str:
    """README.md of the folder: what each flow is about, with a link to each of its pictures."""
    book, packs = mind.book, mind.packs
    plan = Plan(book, packs)
    tellers = {tag: Teller(book, packs, plan, tag, load_terms(locales, tag)) for tag in packs.tags}
    maps = " · ".join(f"[{packs.pack(tag).name}]({tag}/{MAP}.svg)" for tag in packs.tags)
    lines = [
        "# What the bot says, in pictures",
        "",
        "Drawn from `bot/flows` and `locales` by `make pictures`; do not edit. Each picture prints on A4.",
        "",
        f"The whole dialogue: {maps}",
        "",
        f"| flow | {' | '.join(packs.pack(tag).name for tag in packs.tags)} | about |",
        f"|---|{'---|' * len(packs.tags)}---|",
    ]
    for flow in book.flows.values():
        linked = " | ".join(f"[{tellers[tag].title(flow.name)}]({tag}/{flow.name}.svg)" for tag in packs.tags)
        about = " ".join(flow.about.split()).replace("|", "\\|").replace("<", "&lt;")
        lines.append(f"| `{flow.name}` | {linked} | {about} |")
    return "\n".join([*lines, ""])
