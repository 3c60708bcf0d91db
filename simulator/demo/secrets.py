"""The demo's own secrets: made once, kept in var/demo.env, readable by this account alone."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

FILE = "demo.env"
LINE = "+15005550006"  # a number that Twilio sets aside for tests: nobody has it
MAKERS: dict[str, Callable[[], str]] = {
    "MASTER_KEY": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    "SECRET_KEY": lambda: secrets.token_urlsafe(32),
    "TWILIO_ACCOUNT_SID": lambda: f"AC{secrets.token_hex(16)}",
    "TWILIO_AUTH_TOKEN": lambda: secrets.token_hex(16),
    "TWILIO_FROM": lambda: LINE,
    "TELEGRAM_TOKEN": lambda: f"{10**9 + secrets.randbelow(9 * 10**9)}:{secrets.token_urlsafe(27)[:35]}",
    "TELEGRAM_SECRET": lambda: secrets.token_urlsafe(32),
    "ZALO_APP_ID": lambda: str(10**18 + secrets.randbelow(9 * 10**18)),
    "ZALO_APP_SECRET": lambda: secrets.token_urlsafe(15),
    "ZALO_OA_SECRET": lambda: secrets.token_urlsafe(15),
    "ZALO_REFRESH_TOKEN": lambda: secrets.token_urlsafe(90),
    "SMSGATE_USER": lambda: secrets.token_hex(3).upper(),
    "SMSGATE_PASSWORD": lambda: secrets.token_urlsafe(15),
    "SMSGATE_SIGNING_KEY": lambda: secrets.token_urlsafe(24),
}


def load_secrets(folder: Path) -> dict[str, str]:
    """The secrets in `folder`, made and written when they are not there; what a later version needs is added.

    With a new master key an old demo.db can never be read again: it is removed.
    """
    path = folder / FILE
    lines = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    known = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    missing = [name for name in MAKERS if not known.get(name)]
    if not missing:
        return known
    if "MASTER_KEY" in missing:
        for stale in folder.glob("demo.db*"):
            stale.unlink()
    known |= {name: MAKERS[name]() for name in missing}
    _write(path, known)
    return known


def _write(path: Path, known: dict[str, str]) -> None:
    """Replace the file in one step; it is never readable by others, not even for a moment."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("# The demo's own secrets. Delete this file for new ones; the demo's database goes with it.\n")
        file.writelines(f"{name}={value}\n" for name, value in known.items())
    fresh.replace(path)
