"""Looking for something that must not stand anywhere: in files and in a PostgreSQL, in every usual spelling."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy import make_url


def spellings(secret: str | bytes) -> dict[str, bytes]:
    """A secret as it may stand somewhere: plain, UTF-16, hex, base64 in its three alignments, in URLs and in JSON."""
    raw = secret.encode() if isinstance(secret, str) else secret
    found = {"plain": raw, "hex": raw.hex().encode(), "HEX": raw.hex().upper().encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        # the first and the last letters mix with what stands around the secret
        inner = encoded[4 if shift else 0 :][: len(raw) * 4 // 3 - 6]
        found[f"base64 from byte {shift}"] = inner
        found[f"URL base64 from byte {shift}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    if isinstance(secret, str):
        found["UTF-16"] = secret.encode("utf-16-le")
        found["UTF-16 from above"] = secret.encode("utf-16-be")
        found["in a URL"] = quote(secret, safe="").encode()
        found["in JSON"] = json.dumps(secret)[1:-1].encode()
    return found


def find(secrets: Mapping[str, str | bytes], places: Iterator[tuple[str, bytes]]) -> list[str]:
    """Where which secret stands, and in which spelling; places are (name, content)."""
    wanted = [(name, how, bytes_) for name, secret in secrets.items() for how, bytes_ in spellings(secret).items()]
    return [
        f"{name} ({how}) in {place}" for place, content in places for name, how, bytes_ in wanted if bytes_ in content
    ]


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a folder and the folders in it; one may vanish while we look."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                yield str(path.relative_to(folder)), path.read_bytes()
            except FileNotFoundError:
                continue


def postgresql(url: str) -> Iterator[tuple[str, bytes]]:
    """Every table and index of a database as rows and as raw files, and the write-ahead log of its server."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        tables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        for (table,) in connection.execute(tables).fetchall():
            with connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copied:
                yield f"rows of {table}", b"".join(bytes(piece) for piece in copied)
        connection.execute("CHECKPOINT")
        raw = (
            "SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
            " WHERE relkind IN ('r', 'i', 't') AND pg_relation_filepath(oid) IS NOT NULL AND oid > 16383"
        )
        for name, content in connection.execute(raw):
            yield f"raw {name}", bytes(content)
        for (name,) in connection.execute(
            "SELECT name FROM pg_ls_waldir() ORDER BY modification DESC LIMIT 3"
        ).fetchall():
            row = connection.execute("SELECT pg_read_binary_file('pg_wal/' || %s)", (name,)).fetchone()
            yield f"log {name}", bytes(row[0]) if row else b""
