"""A conversation in memory, in which the state goes through JSON between turns as it does in life."""

import json

from bot.dialogue import Book
from bot.engine import Heard, Say, State, Stepped, ask_again, step
from bot.listen import listen
from bot.packs import Packs
from storage.channels import Facts

SMS = Facts(name="some-sms", medium="sms", contact_kind="tel", limit=1600)
CHAT = Facts(name="some-chat", medium="chat", contact_kind="telegram", limit=4096, buttons=10)


def through_json(state: State) -> State:
    """The state as it comes back after being kept."""
    return State.from_json(json.loads(json.dumps(state.to_json())))


class Talk:
    """One person talking. Keeps the last outcome; `state` may be set to begin anywhere."""

    def __init__(self, book: Book, packs: Packs, state: State | None = None) -> None:
        self.book, self.packs = book, packs
        self.state = through_json(state or State())
        self.last = Stepped(self.state, (), ())

    def hears(self, text: str, kind: str = "text", about: str | None = None) -> Heard:
        """What listening makes of a text here, without answering it."""
        return listen(self.book, self.packs, self.state, text, kind=kind, about=about)

    def say(self, text: str, kind: str = "text", about: str | None = None) -> list[str]:
        """Send a message; the answers as they would go out by SMS."""
        return self.take(self.hears(text, kind, about))

    def take(self, heard: Heard) -> list[str]:
        """Answer something already heard."""
        self.last = step(self.book, through_json(self.state), heard)
        self.state = through_json(self.last.state)
        assert self.state == self.last.state
        return self._told(self.last.says)

    def asked_again(self) -> list[str]:
        """The standing question once more."""
        again = ask_again(self.book, self.state)
        return self._told(again.says)

    def _told(self, says: tuple[Say, ...]) -> list[str]:
        return [one.text for say in says for one in self.packs.render_all(say, self.state.tongue, SMS)]

    @property
    def flows(self) -> list[str]:
        """The flows that spoke last, each once, in order."""
        return list(dict.fromkeys(say.flow for say in self.last.says))

    @property
    def effects(self) -> list[tuple[str, str]]:
        """What happened last, beside answering."""
        return [(effect.name, effect.detail) for effect in self.last.effects]
