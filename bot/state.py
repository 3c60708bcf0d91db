"""What a turn takes in and gives out: the state between turns, what was heard, what is said, what happens besides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.book import Option


@dataclass(frozen=True)
class State:
    """Where a conversation stands. Goes through JSON between turns.

    `language` is a pack tag, None until known; `place` "vn", "abroad" or None; `at` the (flow, step) whose question
    stands, None when nothing has begun; `back` where an interruption came from; `topic` what the first words asked
    for, as "flow.step"; `quiet` safe mode; `misses` the messages in a row that nothing matched; `region` the variant of
    the language in which they write, None for its base.
    """

    language: str | None = None
    place: str | None = None
    at: tuple[str, str] | None = None
    back: tuple[str, str] | None = None
    topic: str | None = None
    quiet: bool = False
    misses: int = 0
    slots: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None

    @property
    def tongue(self) -> str | None:
        """The language with its regional variant, as gettext writes it: "vi", "vi@south"; None until it is known."""
        return f"{self.language}@{self.region}" if self.language and self.region else self.language

    def to_json(self) -> dict[str, Any]:
        """A mapping that json.dumps takes and from_json reads back."""
        return {
            "language": self.language,
            "place": self.place,
            "at": list(self.at) if self.at else None,
            "back": list(self.back) if self.back else None,
            "topic": self.topic,
            "quiet": self.quiet,
            "misses": self.misses,
            "slots": dict(self.slots),
            "region": self.region,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "State":
        """The state an earlier version of the program may have kept: unknown keys are left out, missing ones begin."""
        return cls(
            language=kept.get("language"),
            place=kept.get("place"),
            at=_pair(kept.get("at")),
            back=_pair(kept.get("back")),
            topic=kept.get("topic"),
            quiet=bool(kept.get("quiet", False)),
            misses=int(kept.get("misses", 0)),
            slots=dict(kept.get("slots") or {}),
            region=kept.get("region"),
        )


def _pair(kept: Any) -> tuple[str, str] | None:
    return (str(kept[0]), str(kept[1])) if kept else None


@dataclass(frozen=True)
class Heard:
    """What listen() made of one message.

    `alarm` names what is heard before any flow (bot/book.py ALARMS); `choice` is the key of an option of the question
    at `about`, or of the standing one; `topic` is the "flow.step" that the words name themselves; `language` is what
    the words point at, or ask for; `region` the variant of a language in which they are written, "" for its base, None
    when they do not tell; `media` a message that is never opened.
    """

    alarm: str | None = None
    choice: str | None = None
    about: tuple[str, str] | None = None
    intent: str | None = None
    topic: str | None = None
    language: str | None = None
    region: str | None = None
    media: bool = False


@dataclass(frozen=True)
class Say:
    """One message in source English, which the packs render.

    `kind` is "answer", "question", "urgent" (always sent), "farewell" (the last one before erasing) or "neutral".
    `languages` asks for the list of packs as options; `menu` for the line about 0 and 9.
    """

    flow: str
    step: str
    sentence: str
    options: tuple[Option, ...] = ()
    kind: str = "answer"
    slots: Mapping[str, str] = field(default_factory=dict)
    languages: bool = False
    menu: bool = False


@dataclass(frozen=True)
class Effect:
    """Something to be done beside answering: "want_person" (detail a band, P0..P3), "stop", "erase", or "feedback":
    what was just written is for the safeguarding lead alone."""

    name: str
    detail: str = ""


@dataclass(frozen=True)
class Stepped:
    """The state to keep, the messages to send in order, and the effects."""

    state: State
    says: tuple[Say, ...]
    effects: tuple[Effect, ...]
