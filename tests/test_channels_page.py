"""docs/channels.md says what the program does."""

import re
from pathlib import Path

import pytest

from storage.channels import all_facts
from webhooks import channel_modules, smsgate, twilio, zalo
from webhooks.outcomes import Outcome

PAGE = (Path(__file__).parent.parent / "docs" / "channels.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: cells
    for cells in ([cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines())
    if cells
}


def test_every_outcome_has_its_line_and_the_same_class_the_same_words() -> None:
    """What follows is a property of the class, so two outcomes of one class read the same."""
    said = {outcome.then: set[str]() for outcome in Outcome}
    for outcome in Outcome:
        said[outcome.then].add(ROWS[outcome.title][1])
    assert all(len(words) == 1 for words in said.values())
    assert len(set.union(*said.values())) == len(said)


@pytest.mark.parametrize(("column", "codes"), [(2, twilio.OUTCOMES), (4, zalo.OUTCOMES), (5, smsgate.OUTCOMES)])
def test_every_number_of_a_carrier_stands_in_the_line_of_its_outcome(column: int, codes: dict[int, Outcome]) -> None:
    """And in no other."""
    for title in (outcome.title for outcome in Outcome):
        shown = {int(number) for number in re.findall(r"(?<![\w-])-?\d+", ROWS[title][column])} & set(codes)
        assert shown == {code for code, outcome in codes.items() if outcome.title == title}, title


def test_every_channel_is_told_of() -> None:
    """A new one is not forgotten here."""
    assert channel_modules()
    header = next(line for line in PAGE.splitlines() if line.startswith("| Outcome"))
    for facts in all_facts():
        if not facts.name.startswith("paper"):
            assert f"| {facts.name} " in header
