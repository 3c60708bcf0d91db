"""The commands for talking: `flask --app app chat`, and `talks`, what was said kept as files that tests replay."""

import difflib
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
from flask.cli import AppGroup

from bot.talks import BrokenTalk, Exchange, Talk, read_talk, title_of, write_talk
from bot.thinking import Mind
from logs import set_up_logs
from program import HERE, load_mind, read_clock
from terminal import Chat, NoSuchChannel, open_chat, replay

KEPT = HERE / "tests" / "talks"

talks = AppGroup("talks", help="Kept talks.")


@click.command("chat")
@click.option("--language", default=None, help="Begin in this language, such as vi.")
@click.option("--channel", "medium", default="sms", show_default=True, help="Answer as on this kind of channel.")
@click.option("--json", "as_json", is_flag=True, help="No prompt; one JSON line of replies for each line read.")
@click.option("--save", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Keep the talk here.")
@click.option("--title", help="What the kept talk shows; without it, the first thing that was written.")
def chat(language: str | None, medium: str, as_json: bool, save: Path | None, title: str | None) -> None:
    """Talk to the bot: reads lines, prints replies, forgets everything. Ctrl-C or Ctrl-D ends it."""
    set_up_logs()
    mind = load_mind()
    if language is not None and language not in mind.packs.tags:
        raise click.UsageError(f"there is no language pack {language!r}; choose one of: {', '.join(mind.packs.tags)}")
    if title is not None and save is None:
        raise click.UsageError("--title is the title of a talk that is kept; give --save FILE too")
    if save is not None and not save.parent.is_dir():
        raise click.UsageError(f"there is no folder {save.parent}; make it first")
    talk = Talk(medium)
    try:
        with open_chat(mind, medium, language, read_clock) as open_one, suppress(KeyboardInterrupt):
            _converse(open_one, talk, as_json)
    except NoSuchChannel as error:
        raise click.UsageError(str(error)) from error
    if save is not None:
        _keep(talk, save, title)


def _converse(open_one: Chat, talk: Talk, as_json: bool) -> None:
    prompt = "" if as_json or not sys.stdin.isatty() else "> "
    while True:
        click.echo(prompt, nl=False)
        line = sys.stdin.buffer.readline()
        if not line:
            return
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        replies = open_one.say(text)
        talk.exchanges.append(Exchange(text, replies))
        click.echo(json.dumps({"replies": replies}, ensure_ascii=False) if as_json else "\n\n".join(replies) + "\n")
        sys.stdout.flush()


def _keep(talk: Talk, save: Path, title: str | None) -> None:
    if not talk.exchanges:
        click.echo(f"Nothing was written, so nothing is kept in {save}.", err=True)
        return
    talk.title = " ".join((title or "").split()) or title_of(talk)
    save.write_text(write_talk(talk), encoding="utf-8")
    click.echo(f"Kept in {save}.", err=True)


@talks.command("renew")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
def renew(files: tuple[Path, ...]) -> None:
    """Write down what kept talks are answered now, and show each change to be read.

    FILES are talks, or folders of them; without any, all under tests/talks. What was written, titles and notes stay.
    """
    set_up_logs()
    mind = load_mind()
    found, changed, refused = list(_talks_of(files or (KEPT,))), 0, list[str]()
    for file in found:
        try:
            changed += _renew(mind, file)
        except (BrokenTalk, NoSuchChannel) as error:
            refused.append(f"{_name(file)}, {error}")
        except UnicodeDecodeError:
            refused.append(f"{_name(file)}: it is not written in UTF-8. Save it again, as UTF-8.")
    told = f"{changed} of {len(found)} talks are answered otherwise now"
    click.echo(f"{told}. Read them aloud before you keep them." if changed else f"{told}.")
    if refused:
        raise click.ClickException("\n".join(refused))


def _talks_of(places: tuple[Path, ...]) -> Iterator[Path]:
    for place in places:
        yield from sorted(place.rglob("*.talk")) if place.is_dir() else [place]


def _renew(mind: Mind, file: Path) -> bool:
    """Whether the file is another one now."""
    before = file.read_text(encoding="utf-8")
    after = write_talk(replay(mind, read_talk(before)))
    if before == after:
        return False
    file.write_text(after, encoding="utf-8")
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), _name(file), "now", n=2, lineterm="")
    click.echo("\n".join([*lines, ""]))
    return True


def _name(file: Path) -> str:
    """As whoever stands in the program's folder would call it."""
    whole = file.resolve()
    return str(whole.relative_to(HERE)) if whole.is_relative_to(HERE) else str(file)
