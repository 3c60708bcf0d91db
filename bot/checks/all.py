"""The two sets of checks as the commands and the tests run them: of the dialogue, and of the language packs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bot.checks.answers import check_answers, check_number_words, every_answer
from bot.checks.facts import check_facts, expiring
from bot.checks.finding import Finding
from bot.checks.lines import every_line
from bot.checks.roads import walk_roads
from bot.checks.sentences import check_sentences, measure
from bot.checks.steps import check_steps
from bot.checks.translations import check_translations, missing
from bot.checks.words import check_word_lists
from bot.extract import every_sentence
from bot.packs import MOST_SEGMENTS
from bot.thinking import Mind
from storage.channels import Facts


@dataclass(frozen=True)
class Checked:
    """What a set of checks found, what will soon be a finding, and in a few lines what was measured."""

    findings: tuple[Finding, ...]
    warnings: tuple[str, ...] = ()
    told: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Files:
    """Where the dialogue and the packs are written: bot/flows with its list of steps, and locales."""

    flows: Path
    locales: Path

    @property
    def steps(self) -> Path:
        """The committed list of steps."""
        return self.flows / "steps.txt"

    def sentences(self) -> dict[str, list[tuple[str, str]]]:
        """What a pack translates, by PO file."""
        return every_sentence(self.flows, self.locales / "fixed.yaml")


def check_dialogue(mind: Mind, files: Files, channels: Sequence[Facts], today: date) -> Checked:
    """The roads, the facts and the list of steps, and every sentence as it goes out on these channels (SMS)."""
    book, packs = mind.book, mind.packs
    roads = walk_roads(book, packs, channels[0])
    lapsed = walk_roads(book.told_on(date.max), packs, channels[0])
    listed = files.steps.read_text(encoding="utf-8") if files.steps.exists() else ""
    findings = [
        *roads.found.values(),
        *lapsed.found.values(),
        *check_facts(book, today),
        *check_steps(book, listed),
        *(found for facts in channels for found in check_sentences(book, packs, packs.tags, facts)),
    ]
    steps, sentences = sum(len(flow.steps) for flow in book.flows.values()), sum(map(len, files.sentences().values()))
    told = (
        f"{len(book.flows)} flows hold: {steps} steps, {len(book.questions())} questions, {sentences} sentences, "
        f"{len(book.facts)} facts, in {', '.join(packs.tags)}.",
        f"{roads.turns} turns walked from {roads.states} states and {lapsed.turns} with every fact expired, "
        f"{roads.messages} messages rendered.",
        f"Longest way to an answer: {roads.to_answer} messages of theirs. To a person: {roads.to_person}.",
    )
    return Checked(tuple(dict.fromkeys(findings)), tuple(expiring(book, today)), told)


def check_packs(mind: Mind, files: Files, channels: Sequence[Facts], tags: Iterable[str]) -> Checked:
    """Every sentence, translation, answer and list of words of these packs, as they go out on these channels (SMS)."""
    book, packs, tags = mind.book, mind.packs, tuple(tags)
    sentences = files.sentences()
    findings = [
        *(found for facts in channels for found in check_sentences(book, packs, tags, facts)),
        *(found for tag in tags for found in check_translations(packs, files.locales, sentences, tag)),
        *check_answers(book, packs, tags),
        *check_number_words(packs, tags),
        *check_word_lists(book, packs, tags),
    ]
    count = sum(map(len, sentences.values()))
    told = []
    for tag in tags:
        measured = measure(every_line(book, packs, [tag], channels[0]))
        most = ", ".join(f"{number} {what}" for what, number in measured.items())
        answers = sum(1 for _ in every_answer(book, packs, [tag]))
        told.append(
            f"{tag}: {count} sentences, {missing(packs, sentences, tag)} from its fallbacks; {answers} answers are "
            f"understood; at most {most}, {MOST_SEGMENTS} segments."
        )
    return Checked(tuple(dict.fromkeys(findings)), (), tuple(told))
