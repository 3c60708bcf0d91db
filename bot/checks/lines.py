"""Every text the bot can say, rendered in every language and variant, as the checks read it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bot.book import Book
from bot.flow_checks import every_say
from bot.packs import Packs
from storage.channels import Facts

FIXED = "fixed"


@dataclass(frozen=True)
class Line:
    """One rendered text: what is told, what is asked, or one label of a question. `tongue` is a tag or a variant."""

    place: str
    tongue: str
    text: str
    kind: str = "told"

    @property
    def tag(self) -> str:
        """The pack it was rendered by."""
        return self.tongue.partition("@")[0]

    @property
    def flow(self) -> str:
        """The flow it stands in, or "fixed"."""
        return self.place.partition(".")[0]


def every_line(book: Book, packs: Packs, tags: Iterable[str], facts: Facts) -> Iterator[Line]:
    """Each sentence on its own, then the labels of its options, and the fixed sentences."""
    says = tuple(every_say(book))
    for tongue in (tongue for tag in tags for tongue in packs.tongues_of(tag)):
        for say in says:
            place = f"{say.flow}.{say.step}"
            asked = bool(say.options) or say.languages
            alone = replace(say, options=(), languages=False, menu=False)
            yield Line(place, tongue, packs.render(alone, tongue, facts).text, "asked" if asked else "told")
            for option in say.options:
                yield Line(
                    place, tongue, packs.text(tongue, place, option.say), "label" if option.printed else "hidden"
                )
        for name in packs.fixed_names:
            yield Line(f"{FIXED}.{name}", tongue, packs.neutral(name, tongue))


def every_message(book: Book, packs: Packs, tags: Iterable[str], facts: Facts) -> Iterator[Line]:
    """Each message as it goes out on a channel, a question together with its options."""
    for tongue in (tongue for tag in tags for tongue in packs.tongues_of(tag)):
        for say in every_say(book):
            for rendered in packs.render_all(say, tongue, facts):
                yield Line(f"{say.flow}.{say.step}", tongue, rendered.text)
        for name in packs.fixed_names:
            yield Line(f"{FIXED}.{name}", tongue, packs.neutral(name, tongue))
