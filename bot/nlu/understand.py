"""Free text to an intent. Today by the phrases of words.yaml; the interface stays when better matchers come."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.packs import Packs
from bot.words import Reading, read_each

COURTESIES = frozenset({"greet", "thank", "goodbye", "affirm", "deny", "skip"})
ENOUGH = 0.5  # an intent less certain than this is treated as not understood


@dataclass(frozen=True)
class Understood:
    """An intent of the public list, or None, with a confidence between 0 and 1 and the words it covers."""

    intent: str | None
    confidence: float
    covered: float = 0.0


def understand(text: str, language: str | None, packs: Packs) -> Understood:
    """What a text most likely means. The pack of `language` (a tag, None when unknown) is asked before the others."""
    return understand_readings(read_each(text, {tag: packs.pack(tag).words for tag in packs.tags}), language)


def understand_readings(readings: Mapping[str, Reading], language: str | None) -> Understood:
    """The same of a text that has been read already, by the tags of the packs."""
    if language in readings:
        found = _best(readings[str(language)])
        if found.intent:
            return found
    others = [_best(reading) for tag, reading in readings.items() if tag != language]
    return max(others, key=lambda found: found.confidence, default=Understood(None, 0.0))


def _best(reading: Reading) -> Understood:
    """The intent whose phrases cover most of the text, exact ones a little more; a courtesy only when nothing else."""
    scores = {intent: reading.coverage(phrases) for intent, phrases in reading.known.intents.items()}
    found = {intent: score for intent, score in scores.items() if score}
    asked = {intent: score for intent, score in found.items() if intent not in COURTESIES} or found
    if not asked:
        return Understood(None, 0.0)
    intent = max(asked, key=lambda name: asked[name])
    return Understood(intent, min(1.0, 0.4 + 0.2 * asked[intent]), asked[intent])
