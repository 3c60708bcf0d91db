"""The command line for those who write the dialogue: `flows` and `packs`, which need no secrets."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup

from bot.checks.all import Checked, Files, check_dialogue, check_packs
from bot.checks.steps import list_steps
from bot.checks.translations import SOURCE
from bot.drawing.folder import NoSuchFlow, index_page, pictures
from bot.translating import Updated, update_pack
from program import HERE, LOCALES, load_mind, read_clock
from storage.channels import Facts, all_facts

PICTURES = Path("docs/flows")

flows = AppGroup("flows", help="The dialogue.")
packs = AppGroup("packs", help="The language packs.")
FILES = Files(HERE / "bot" / "flows", HERE / "locales")


@flows.command("check")
@click.option("--accept", is_flag=True, help="Write the list of steps anew, as the dialogue is now.")
def check_flows(accept: bool) -> None:
    """Prove what must hold of the dialogue: every road walked, every fact, every sentence as it goes out."""
    with _unloadable():
        mind = load_mind()
    if accept:
        FILES.steps.write_text(list_steps(mind.book), encoding="utf-8")
    _show_findings(check_dialogue(mind, FILES, _sms(), read_clock().date()))


@packs.command("check")
@click.argument("tags", nargs=-1, metavar="[TAG]...")
def check_languages(tags: tuple[str, ...]) -> None:
    """Prove what must hold of the language packs: sentences, translations, answers and words."""
    with _unloadable():
        mind = load_mind()
    chosen = _known_tags(mind.packs.tags, tags)
    _show_findings(check_packs(mind, FILES, _sms(), chosen))


@packs.command("update")
@click.argument("tags", nargs=-1, metavar="[TAG]...")
def update_languages(tags: tuple[str, ...]) -> None:
    """Bring the translations in step with the flows: what is new waits empty, what is gone is printed."""
    with _unloadable():
        mind = load_mind()  # what cannot be meant is refused before anything is written
    sentences = FILES.sentences()
    for tag in _known_tags(mind.packs.tags, tags):
        if tag != SOURCE:
            click.echo(_tell_update(tag, update_pack(FILES.locales / tag, sentences)))


def _tell_update(tag: str, done: Updated) -> str:
    told = f"{tag}: {done.kept} kept, {len(done.moved)} moved, {len(done.new)} to translate, {len(done.gone)} gone"
    lines = [
        *(f"  to translate: {context}: {sentence}" for context, sentence in done.new),
        *(f"  moved, read it again: {context}: {sentence}" for context, sentence in done.moved),
        *(f"  gone: {context}: {sentence} = {translation}" for context, sentence, translation in done.gone),
    ]
    return "\n".join([told, *lines])


def _known_tags(known: tuple[str, ...], tags: tuple[str, ...]) -> tuple[str, ...]:
    for tag in tags:
        if tag not in known:
            raise click.UsageError(f"there is no language pack {tag!r}; choose of: {', '.join(known)}")
    return tags or known


def _sms() -> list[Facts]:
    """The channels by which SMS go out; of several with the same limits one."""
    return list({(facts.limit, facts.buttons): facts for facts in all_facts() if facts.medium == "sms"}.values())


def _show_findings(checked: Checked) -> None:
    """One finding a line and exit 1; else what was measured."""
    for warning in checked.warnings:
        click.echo(f"Soon: {warning}")
    for finding in checked.findings:
        click.echo(finding)
    if checked.findings:
        click.echo(f"{len(checked.findings)} to mend.", err=True)
        sys.exit(1)
    click.echo("\n".join(checked.told))


@contextmanager
def _unloadable() -> Iterator[None]:
    """Turn what cannot be read at all into one line."""
    try:
        yield
    except Exception as error:
        raise click.ClickException(str(error)) from error


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
