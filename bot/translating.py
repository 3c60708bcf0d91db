"""Bringing the PO files of a pack in step with the flows: what is translated stays, what is new waits empty."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import write_po

from bot.packs import read_catalog

HEADER = """\
msgid ""
msgstr ""
"Language: {tag}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""
DRAFT = "review: draft"  # until a second speaker has read it (a comment: fuzzy entries are not said at all)

Key = tuple[str, str]  # the context "flow.step", and the sentence in source English


@dataclass
class Updated:
    """What bringing one pack in step came to. `gone` are (context, source, translation) that nothing says any more."""

    kept: int = 0
    new: list[Key] = field(default_factory=list)
    moved: list[Key] = field(default_factory=list)
    gone: list[tuple[str, str, str]] = field(default_factory=list)


def update_pack(folder: Path, sentences: Mapping[str, Sequence[Key]]) -> Updated:
    """Write LC_MESSAGES/<flow>.po of a pack's folder anew, one for each flow, in the order of the flow.

    Translations keep their comments; a sentence that only moved takes its translation along as a draft; a new one is
    empty, so that its fallback is said. What nothing says any more is left out, and returned to be used elsewhere.
    """
    report, messages = Updated(), folder / "LC_MESSAGES"
    messages.mkdir(exist_ok=True)
    old = {path: read_catalog(path) for path in sorted(messages.glob("*.po"))}
    known = {_key(one): one for catalog in old.values() for one in catalog if one.id}
    wanted = {key for keys in sentences.values() for key in keys}
    left = {key: one for key, one in known.items() if key not in wanted}
    for name, keys in sentences.items():
        path = messages / f"{name}.po"
        entries = [_entry(key, known, left, report) for key in keys]
        _write(path, _header(path, folder.name), entries)
    for path in old:
        if path.stem not in sentences:
            path.unlink()
    report.gone = [(*key, str(one.string)) for key, one in left.items() if one.string]
    return report


def _entry(key: Key, known: dict[Key, Message], left: dict[Key, Message], report: Updated) -> Message:
    context, sentence = key
    if key in known and known[key].string:
        report.kept += 1
        return known[key]
    moved = next((other for other, one in left.items() if other[1] == sentence and one.string), None)
    (report.moved if moved else report.new).append(key)
    told = str(left.pop(moved).string) if moved else ""
    return Message(sentence, told, context=context, user_comments=[DRAFT])


def _key(message: Message) -> Key:
    return (message.context or "", str(message.id))


def _header(path: Path, tag: str) -> str:
    """The file's own header as it stands; Babel would put its own in place of it."""
    if not path.exists():
        return HEADER.format(tag=tag)
    return path.read_text(encoding="utf-8").partition("\n\n")[0].rstrip("\n") + "\n"


def _write(path: Path, header: str, entries: list[Message]) -> None:
    catalog, body = Catalog(), io.BytesIO()
    for entry in entries:
        catalog.add(entry.id, entry.string, flags=entry.flags, user_comments=entry.user_comments, context=entry.context)
    write_po(body, catalog, width=0, omit_header=True)
    path.write_text(f"{header}\n{body.getvalue().decode().strip()}\n", encoding="utf-8")
