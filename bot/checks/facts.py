"""Facts told to callers: each one used, none expired, and a warning before one does."""

from collections.abc import Iterator
from datetime import date, timedelta

from bot.book import Book
from bot.checks.finding import Finding

SOON = timedelta(days=60)  # time for somebody to read the source again before callers miss the answer


def check_facts(book: Book, today: date) -> Iterator[Finding]:
    """Facts that no sentence tells, and facts that have expired: their sentences are not said any more."""
    steps = book.steps()
    told = {name for step in steps for one in step.say for name in one.facts}
    for fact in book.facts.values():
        if fact.name not in told:
            yield Finding(fact.name, "no sentence tells this fact", "Name it beside the sentence that does, or drop it")
        if not fact.holds(today):
            remedy = f"Read its source again ({fact.source.rstrip('.')}), then set `checked:` and `expires:`"
            yield Finding(fact.name, f"it expired on {fact.expires}, so nobody is told it", remedy)


def expiring(book: Book, today: date) -> Iterator[str]:
    """One line for each fact that expires within 60 days."""
    for fact in sorted(book.facts.values(), key=lambda fact: (fact.expires, fact.name)):
        if fact.holds(today) and not fact.holds(today + SOON):
            left = (fact.expires - today).days
            yield f"{fact.name}: it expires on {fact.expires}, in {left} days. Read its source again before then."
