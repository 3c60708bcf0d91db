"""The bench itself: every channel is on it, with enough cases, and nothing is left out without a word."""

from types import ModuleType

import pytest

from tests.channels.bench import Side, demand_sides, gather
from tests.channels.cases import FILES, cases_of, table, total
from tests.channels.conftest import BENCH

FEWEST = 60


def test_every_channel_has_its_side() -> None:
    """A file in webhooks/ that nobody brought to the bench is a door that nobody has tried."""
    demand_sides(BENCH)


def test_a_channel_without_its_side_is_named() -> None:
    """Whoever adds one reads what to do."""
    found = gather([ModuleType("webhooks.twilio"), ModuleType("webhooks.smoke_signs")])
    assert [side.name for side in found.sides] == ["twilio"]
    with pytest.raises(AssertionError, match=r"webhooks/smoke_signs\.py has no side on the bench: write the file"):
        demand_sides(found)


def test_each_channel_is_tried_with_enough_cases(capsys: pytest.CaptureFixture[str]) -> None:
    """What has no meaning on a channel does not count."""
    print(table(BENCH.sides))
    assert "| **together** |" in capsys.readouterr().out
    assert {side.name: total(side)[0] for side in BENCH.sides if total(side)[0] < FEWEST} == {}


def test_nothing_is_left_out_without_a_reason_in_words(side: Side) -> None:
    """And nothing that does not exist: a case that was renamed would be tried again unseen, or never."""
    known = {name for file in FILES for name, _ in cases_of(file)} | KNOWN_BESIDE
    assert set(side.lacks) <= known
    assert [name for name, why in side.lacks.items() if len(why.split()) < 4] == []


KNOWN_BESIDE = {"test_a_changed_byte_of_what_was_signed_is_refused"}
"""Beside the shared cases: test_flips.py."""
