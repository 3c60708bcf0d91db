"""What callers are told about law, offices and telephone numbers: each fact of facts.yaml, its source, its last day.

id_card_anywhere:
  tells: The police of any commune or ward make a lost ID card again.    what the sentences may say, in English
  source: Law 26/2023/QH15 art. 24                                       what was read, and where
  checked: 2026-11-22                                                    the day somebody last read the source
  expires: 2027-11-22                                                    from this day on it is not told any more
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.plain_yaml import Unreadable, misshapen, read_plain

FACT_KEYS = frozenset({"tells", "source", "checked", "expires"})


class FactsError(Exception):
    """facts.yaml cannot be used; the text names the fact and what to do."""


@dataclass(frozen=True)
class Fact:
    """One thing told to callers. From `expires` on it is not told until somebody has checked it again."""

    name: str
    tells: str
    source: str
    checked: date
    expires: date

    def holds(self, today: date) -> bool:
        """Whether it may be told on this day."""
        return today < self.expires


def load_facts(path: Path) -> dict[str, Fact]:
    """Every fact by its name. FactsError for one that is incomplete or has a date that is none."""
    try:
        page = read_plain(path) or {}
    except Unreadable as error:
        raise FactsError(str(error)) from error
    if not isinstance(page, dict):
        raise FactsError("facts.yaml: write the name of each fact with its four lines below it")
    return {name: _fact(name, body) for name, body in page.items()}


def _fact(name: str, body: Any) -> Fact:
    wrong = misshapen(body, {})
    if wrong:
        raise FactsError(f"facts.yaml, {name}: {wrong}. Write it as in a neighbouring fact")
    if set(body) != FACT_KEYS or not all(body.values()):
        raise FactsError(f"facts.yaml, {name}: give it exactly {', '.join(sorted(FACT_KEYS))}")
    fact = Fact(name, body["tells"], body["source"], _day(name, body["checked"]), _day(name, body["expires"]))
    if fact.expires <= fact.checked:
        raise FactsError(f"facts.yaml, {name}: it expires before it was checked. Mend one of the two days")
    return fact


def _day(name: str, written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise FactsError(f"facts.yaml, {name}: {written!r} is no day. Write it as 2026-11-22") from error
