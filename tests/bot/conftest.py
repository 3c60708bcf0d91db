"""The flows and packs we ship, read once."""

from pathlib import Path

import pytest

from bot.dialogue import Book, load_book
from bot.facts import load_facts
from bot.packs import Packs, load_packs
from tests.bot.talk import Talk

ROOT = Path(__file__).resolve().parents[2]
FACTS = load_facts(ROOT / "bot" / "facts.yaml")


@pytest.fixture(scope="session")
def book() -> Book:
    """The flows of bot/flows."""
    return load_book(ROOT / "bot" / "flows", FACTS)


@pytest.fixture(scope="session")
def packs() -> Packs:
    """The packs of locales/."""
    return load_packs(ROOT / "locales")


@pytest.fixture
def talk(book: Book, packs: Packs) -> Talk:
    """A person who has never written before, from an unknown place."""
    return Talk(book, packs)
