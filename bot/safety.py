"""What is heard before any flow, in every language, from every step: danger, self-harm, stop, erase, a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.phrases import Match, Phrases
from bot.words import Hearing, Reading

SURE, DOUBT = 2, 1
AT_MOST = {  # how certain a phrase of each list is at most: with every mark, and without
    "sure": (SURE, SURE),
    "said": (SURE, SURE),
    "accented": (SURE, DOUBT),
    "only_accented": (SURE, 0),
    "doubt": (DOUBT, DOUBT),
    "accented_doubt": (DOUBT, 0),
}
NEAR = 12  # words around a phrase that can deny it or make it a question
ORDER = (
    ("erase_now", SURE),
    ("self_harm", SURE),
    ("danger", SURE),
    ("self_harm", DOUBT),
    ("erase_ask", SURE),  # before a doubt: "xóa đi, sợ chồng đọc" asks for erasing, and its question hurts nobody
    ("danger", DOUBT),
    ("stop", SURE),
    ("person", SURE),
    ("language", SURE),
    ("menu", SURE),
)
GENTLE = {"self_harm": "maybe_self_harm", "danger": "maybe_danger"}


@dataclass(frozen=True)
class Alarm:
    """What was heard, and which of the given readings heard it (their places)."""

    name: str
    heard_by: tuple[int, ...]


def hear_alarm(readings: Sequence[Reading]) -> Alarm | None:
    """The most pressing thing said in a text, by the words of every language at once; None when nothing is.

    Source: standards.md 2 (what is ambiguous without marks gets a gentle question), 3 (heard everywhere), 4 (erase
    only on the exact phrase or after a question, stop only as a whole message).
    """
    heard: dict[tuple[str, int], list[int]] = {}
    for place, reading in enumerate(readings):
        for name, hearing in reading.known.alarms.items():
            certainty = _certainty(name, hearing, reading)
            if certainty:
                heard.setdefault((name, certainty), []).append(place)
        if reading.digit == 9:
            heard.setdefault(("person", SURE), []).append(place)
        if reading.digit == 0:
            heard.setdefault(("menu", SURE), []).append(place)
    for name, certainty in ORDER:
        if (name, certainty) in heard:
            called = GENTLE.get(name, name) if certainty == DOUBT else name
            return Alarm(called, tuple(heard[(name, certainty)]))
    return None


def _certainty(name: str, hearing: Hearing, reading: Reading) -> int:
    """SURE, DOUBT, or 0 for not heard at all."""
    if _is_whole(hearing["whole"], name, reading):
        return SURE
    only = reading.whole(hearing["whole_accented"])
    if only and only.exact:
        return SURE
    certainty = DOUBT if _is_whole(hearing["whole_doubt"], name, reading) else 0
    for listed, (exact, bare) in AT_MOST.items():
        for match in reading.find(hearing[listed]):
            most = exact if match.exact else bare
            if most > certainty and not reading.covers(hearing["harmless"], match):
                certainty = max(certainty, most if listed == "sure" else min(most, _weigh(name, match, reading)))
    return certainty


def _is_whole(phrases: Phrases, name: str, reading: Reading) -> bool:
    """Whether a phrase is the whole message; courtesies beside it are allowed, except with the one that erases."""
    return (reading.whole(phrases) if name == "erase_now" else reading.polite_whole(phrases)) is not None


def _weigh(name: str, match: Match, reading: Reading) -> int:
    """A denied danger is none, a denied wish to die is still asked about; past or asked about is a doubt."""
    words, clause = reading.words, reading.words[match.start].clause
    first, last = match.start, match.end
    while first > max(0, match.start - NEAR) and words[first - 1].clause == clause:
        first -= 1
    while last < min(len(words), match.end + NEAR) and words[last].clause == clause:
        last += 1
    denials = _denials(first, match.start, reading)
    if denials % 2 == 1 or (not denials and _denied_after(match.end, last, reading)):
        return DOUBT if name == "self_harm" else 0
    if name not in GENTLE:
        return SURE
    long_past = reading.find(reading.known["past"]) and not reading.find(reading.known["now"])
    asked = _opened(first, match.start, reading) and _closed(match.end, last, reading)
    return DOUBT if long_past or asked else SURE


def _denials(first: int, end: int, reading: Reading) -> int:
    """How many denials stand right before, with nothing but small words between: two of them cancel out."""
    count, known = 0, reading.known
    while end > first:
        nearest = range(max(first, end - known["not_before"].longest), end)
        start = next((start for start in nearest if reading.at(known["not_before"], start, end)), None)
        if start is not None:
            count, end = count + 1, start
        elif reading.at(known["between"], end - 1, end):
            end -= 1
        else:
            break
    return count


def _denied_after(start: int, last: int, reading: Reading) -> bool:
    spans = (reading.at(reading.known["not_after"], start, end) for end in range(start + 1, last + 1))
    return any(match.exact for match in spans if match)


def _opened(first: int, end: int, reading: Reading) -> bool:
    """Whether the words before make it a question (`có` in `có nguy hiểm không`)."""
    return any(reading.at(reading.known["ask_before"], start, end) for start in range(max(first, end - 3), end))


def _closed(start: int, last: int, reading: Reading) -> bool:
    """Whether the few words after make it a question (`không` in `có nguy hiểm không`)."""
    starts = range(max(start, last - 2), last)
    return last - start <= 3 and any(reading.at(reading.known["ask_after"], place, last) for place in starts)
