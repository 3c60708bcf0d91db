"""The command line: `flask --app app COMMAND`."""

import json
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from bot.drawing.folder import NoSuchFlow, index_page, pictures
from bot.flow_checks import check_budget
from bot.health import ChannelHealth, channels_health
from bot.packs import MOST_SEGMENTS
from bot.talks import Exchange, Talk, write_talk
from config import ConfigError
from logs import set_up_logs
from program import LOCALES, Program, load_mind, read_clock
from storage import audit, erasing, migrations, people
from storage.channels import all_facts, facts_of
from storage.database import Unavailable
from storage.vault import VaultError
from terminal import Chat, NoSuchChannel, open_chat

PICTURES = Path("docs/flows")

db = AppGroup("db", help="The database.")
audit_group = AppGroup("audit", help="The record of who did what.")
flows = AppGroup("flows", help="The dialogue.")


def register(app: Flask) -> None:
    """Give the application its commands."""
    for command in (db, audit_group, flows, chat, channels, erase, rotate_key):
        app.cli.add_command(command)


def program() -> Program:
    """The parts of the application the command was called on."""
    found: Program = current_app.extensions["program"]
    return found


@db.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest revision."""
    with _clear_errors(needs_tables=False):
        migrations.upgrade(program().database)
    click.echo("The database is at the newest revision.")


@click.command("chat")
@click.option("--language", default=None, help="Begin in this language, such as vi.")
@click.option("--channel", "medium", default="sms", show_default=True, help="Answer as on this kind of channel.")
@click.option("--json", "as_json", is_flag=True, help="No prompt; one JSON line of replies for each line read.")
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write the talk to this file.")
def chat(language: str | None, medium: str, as_json: bool, save: Path | None) -> None:
    """Talk to the bot: reads lines, prints replies, forgets everything."""
    set_up_logs()
    mind = load_mind()
    if language is not None and language not in mind.packs.tags:
        raise click.UsageError(f"there is no language pack {language!r}; choose one of: {', '.join(mind.packs.tags)}")
    try:
        with open_chat(mind, medium, language, read_clock) as open_one:
            talk = Talk(medium)
            _converse(open_one, talk, as_json)
    except NoSuchChannel as error:
        raise click.UsageError(str(error)) from error
    if save is not None:
        save.write_text(write_talk(talk), encoding="utf-8")


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


@click.command("channels")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each channel.")
def channels(as_json: bool) -> None:
    """How every channel does. Exit 1 when one that is on is in trouble."""
    with _clear_errors():
        found = channels_health(program().jobs)
    for health in found:
        click.echo(json.dumps(asdict(health), default=_to_iso) if as_json else _describe(health))
    if any(health.is_on and health.trouble for health in found):
        sys.exit(1)


def _describe(health: ChannelHealth) -> str:
    if not health.is_on:
        return f"{health.channel:10} off"
    since = f"since {health.since:%Y-%m-%d %H:%M} UTC" if health.since else ""
    state = f"{health.trouble} {since} ({health.reason}). {health.advice}" if health.trouble else "well"
    counts = f"{health.waiting} waiting, {health.unsure} unsure and {health.failed} not delivered since yesterday"
    return f"{health.channel:10} {'simulated, ' if health.is_simulated else ''}{state}\n{'':10} {counts}"


def _to_iso(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


@click.command("erase")
@click.option("--channel", required=True, help="The channel they wrote on, such as twilio.")
@click.option("--address", required=True, help="Their number or id on it.")
def erase(channel: str, address: str) -> None:
    """Erase the person behind an address, at once and without a word to them."""
    known = [facts.name for facts in all_facts()]
    if channel not in known:
        raise click.UsageError(f"there is no channel {channel!r}; choose one of: {', '.join(known)}")
    with _clear_errors():
        parts = program()
        vault = parts.vault
        with parts.database.write() as session:
            contact = people.find_contact(session, vault, facts_of(channel).contact_kind, address)
            if contact is not None:
                person_id = contact.person_id
                erasing.forget_person(session, vault, person_id, read_clock(), uuid.uuid4)
                audit.write(session, uuid.uuid4(), "command line", "erase", str(person_id), read_clock())
        wiped = parts.database.wipe_log()
    click.echo("Erased." if contact is not None else "Nobody has written from that address.")
    if not wiped:
        click.echo("The write-ahead log is in use; the running program empties it within seconds.")


@click.command("rotate-key")
def rotate_key() -> None:
    """Wrap every key anew with the first key of MASTER_KEY (set it to new,old). Safe to interrupt and repeat."""
    with _clear_errors():
        parts = program()
        changed = parts.vault.rewrap(parts.database)
        parts.database.wipe_log()
        with parts.database.write() as session:
            audit.write(session, uuid.uuid4(), "command line", "rotate-key", f"{changed} keys", read_clock())
    click.echo(
        f"{changed} keys wrapped anew. If the program runs, it must have been restarted with both keys before this; "
        "now restart it with the new key alone, and destroy the old one."
    )


@audit_group.command("verify")
def verify() -> None:
    """Read the whole chain; exit 1 where it is broken."""
    with _clear_errors():
        key = program().vault.system("audit")
        with program().database.read() as session:
            found = audit.verify(session, key)
    if found.broken_at is not None:
        raise click.ClickException(f"the chain is broken at line {found.broken_at}")
    click.echo(f"{found.chained} lines hold, {found.unchained} await chaining.")


@flows.command("check")
def check() -> None:
    """Load every flow and pack; what cannot be meant or is too long for an SMS is refused with its place and remedy."""
    try:
        mind = load_mind()
    except Exception as error:
        raise click.ClickException(str(error)) from error
    lines = [facts for facts in all_facts() if facts.medium == "sms"]
    too_long = dict.fromkeys(found for facts in lines for found in check_budget(mind.book, mind.packs, facts))
    if too_long:
        raise click.ClickException("\n".join(map(str, too_long)))
    told = f"every message fits into {MOST_SEGMENTS} SMS segments in {', '.join(mind.packs.tags)}"
    click.echo(f"{len(mind.book.flows)} flows hold; {told}.")


@flows.command("draw")
@click.option("--language", "languages", multiple=True, help="Only in this language, such as vi.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=PICTURES,
    show_default=True,
    help="The folder.",
)
@click.argument("names", metavar="[FLOW]...", nargs=-1)
def draw_flows(languages: tuple[str, ...], output: Path, names: tuple[str, ...]) -> None:
    """Draw what the bot says as pictures (SVG): each FLOW, or all, the map (index) and a page that lists them."""
    mind = load_mind()
    try:
        drawn = list(pictures(mind, LOCALES, languages, names))
    except NoSuchFlow as error:
        raise click.UsageError(str(error)) from error
    if not languages and not names:
        drawn.append(("README.md", index_page(mind, LOCALES)))
    for path, text in drawn:
        file = output / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"{len(drawn)} files in {output}.")


@contextmanager
def _clear_errors(*, needs_tables: bool = True) -> Iterator[None]:
    """Turn what can be wrong with the set-up into one line for the person at the keyboard."""
    set_up_logs()
    os.umask(0o077)  # a database made here belongs to this account alone
    try:
        if needs_tables:
            program().config.demand_secrets()
            program().demand_tables()
        yield
    except (ConfigError, VaultError) as error:
        raise click.ClickException(str(error)) from error
    except Unavailable as error:
        raise click.ClickException(f"the database does not answer ({error})") from error
