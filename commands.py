"""The command line: `flask --app app COMMAND`."""

import json
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from bot.health import ChannelHealth, channels_health
from config import ConfigError
from logs import set_up_logs
from program import Program, read_clock
from storage import audit, erasing, inbox, migrations, people
from storage.channels import all_facts, facts_of
from storage.database import Unavailable
from storage.vault import VaultError
from talking import chat, talks
from writing import flows, packs

db = AppGroup("db", help="The database.")
audit_group = AppGroup("audit", help="The record of who did what.")


def register(app: Flask) -> None:
    """Give the application its commands."""
    for command in (db, audit_group, flows, packs, talks, chat, channels, feedback, erase, rotate_key):
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


@click.command("feedback")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was written from this day on (UTC).")
@click.option("--json", "as_json", is_flag=True, help="One JSON line for each message.")
def feedback(since: datetime | None, as_json: bool) -> None:
    """What people wrote about this service, the newest first, for the safeguarding lead alone; it is recorded."""
    with _clear_errors():
        parts = program()
        vault, began = parts.vault, since.replace(tzinfo=UTC) if since else None
        with parts.database.write() as session:
            found = inbox.read_for_lead(session, vault, "command line", began, read_clock(), uuid.uuid4)
    for one in found:
        click.echo(json.dumps(asdict(one), default=_to_iso) if as_json else _show_feedback(one))
    if not found and not as_json:
        click.echo("Nobody has written anything about the service.")


def _show_feedback(one: inbox.Feedback) -> str:
    """A message below its heading, each line moved in: no message can look like a heading, or command the terminal."""
    lines = ["(can no longer be read)"] if one.text is None else one.text.splitlines() or [""]
    shown = ("".join(sign if sign.isprintable() else "?" for sign in line) for line in lines)
    return "\n".join([f"{one.alias}, {one.written_at:%Y-%m-%d %H:%M} UTC", *(f"    {line}" for line in shown)])


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
