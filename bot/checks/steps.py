"""The committed list of steps: whoever stands at a step when the program is renewed must not lose their place."""

from collections.abc import Iterator

from bot.book import Book
from bot.checks.finding import Finding

HEAD = """\
# Every step a conversation may stand at or be on the way to, written by `flask --app app flows check --accept`.
# A step that is no longer written anywhere stays in its flow with `moved_to:`, so that nobody loses their place.
"""
ASKS = "asks"


def list_steps(book: Book) -> str:
    """The list as text: one `flow.step` a line, with `asks` behind it where a question stands."""
    lines = (
        f"{'.'.join(step.at)} {ASKS}" if _still_asks(book, step.at) else ".".join(step.at)
        for flow in book.flows.values()
        for step in flow.steps.values()
    )
    return HEAD + "".join(f"{line}\n" for line in lines)


def check_steps(book: Book, listed: str) -> Iterator[Finding]:
    """What the dialogue has lost since the list was accepted, and what the list does not know yet."""
    known: dict[str, bool] = {}
    for line in listed.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, asks = line.strip().partition(" ")
            known[name] = asks == ASKS
    for name, asked in known.items():
        flow, _, step = name.partition(".")
        if book.find((flow, step)) is None:
            remedy = f"Keep `{step}: {{moved_to: ...}}` in {flow}.yaml"
            yield Finding(name, "this step is gone, and who stands there would lose their place", remedy)
        elif asked and not _still_asks(book, (flow, step)):
            remedy = "Ask there, or let `moved_to:` name a step that does"
            yield Finding(
                name, "a question stood here and none does now, so who stands here is back at the menu", remedy
            )
    for flow_ in book.flows.values():
        for one in flow_.steps.values():
            if ".".join(one.at) not in known:
                remedy = "Run `flask --app app flows check --accept` and commit what it writes"
                yield Finding(".".join(one.at), "the list of steps does not know it", remedy)


def _still_asks(book: Book, at: tuple[str, str]) -> bool:
    found = book.find(at)
    return found is not None and found.ask is not None
