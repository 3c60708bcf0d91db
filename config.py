"""The program's settings: one frozen dataclass, read once from the environment.

Errors:
    ConfigError   a setting is missing or wrong; the message says which and what to do
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

KEY_BYTES = 32
HOW_TO_MAKE_A_KEY = 'make one with: python -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())"'


class ConfigError(Exception):
    """A setting is missing or wrong."""


@dataclass(frozen=True)
class Config:
    """Everything the environment says.

    `public_url` is scheme://host[:port], the only source of signed addresses and links: the Host header is never read.
    `master_keys` is the key in force followed by the ones it replaces. `environment` holds the channels' own settings,
    which only their files in webhooks/ read.
    """

    database_url: str = field(default="sqlite:///var/nhip-cau.db", repr=False)
    broker_url: str | None = field(default=None, repr=False)
    master_keys: tuple[bytes, ...] = field(default=(), repr=False)
    secret_key: str = field(default="", repr=False)
    public_url: str = "http://localhost:8000"
    try_it: bool = False
    simulator_url: str = "http://127.0.0.1:8001"
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Config":
        """Read the environment. Raises ConfigError; a missing secret is an error only for `demand_secrets`."""
        return cls(
            database_url=_read_database_url(environ.get("DATABASE_URL") or cls.database_url),
            broker_url=environ.get("BROKER_URL") or None,
            master_keys=_read_master_keys(environ),
            secret_key=environ.get("SECRET_KEY", ""),
            public_url=_read_public_url(environ),
            try_it=environ.get("TRY_IT") == "1",
            simulator_url=environ.get("SIMULATOR_URL") or cls.simulator_url,
            environment=MappingProxyType(dict(environ)),
        )

    def demand_secrets(self) -> None:
        """Refuse to touch people's words without keys of our own. Raises ConfigError naming all that is missing."""
        missing = []
        if not self.master_keys:
            missing.append(f"MASTER_KEY or MASTER_KEY_FILE ({HOW_TO_MAKE_A_KEY})")
        if not self.secret_key:
            missing.append("SECRET_KEY (any long random text)")
        if missing:
            raise ConfigError("set " + " and ".join(missing))

    def demand_set_up(self) -> None:
        """Refuse a combination of settings that is none of the known set-ups. Raises ConfigError."""
        if self.broker_url is not None and self.database_url.startswith("sqlite"):
            raise ConfigError("BROKER_URL needs PostgreSQL: set DATABASE_URL to it, or unset BROKER_URL")
        if self.broker_url is not None:
            raise ConfigError("running with a broker is not built yet: unset BROKER_URL")


def _read_master_keys(environ: Mapping[str, str]) -> tuple[bytes, ...]:
    text = environ.get("MASTER_KEY", "")
    if not text and environ.get("MASTER_KEY_FILE"):
        path = Path(environ["MASTER_KEY_FILE"])
        try:
            text = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"MASTER_KEY_FILE cannot be read ({type(error).__name__}): name a text file that this account may read"
            ) from error
    return tuple(_read_key(part) for part in text.split(",") if part.strip())


def _read_key(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"MASTER_KEY must be base64 of {KEY_BYTES} bytes; {HOW_TO_MAKE_A_KEY}")
    return key


def _read_database_url(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if scheme in ("postgres", "postgresql", "postgresql+psycopg") and separator:
        return f"postgresql+psycopg://{rest}"
    if scheme != "sqlite" or not separator:
        raise ConfigError("DATABASE_URL must begin with sqlite:/// or postgresql://")
    return url


def _read_public_url(environ: Mapping[str, str]) -> str:
    port = environ.get("PORT") or "8000"
    if not port.isascii() or not port.isdigit():
        raise ConfigError("PORT must be a number, such as 8000")
    try:
        parts = urlsplit(environ.get("PUBLIC_URL") or f"http://localhost:{port}")
        more = (parts.username, parts.password, parts.path.strip("/"), parts.query, parts.fragment)
        is_plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not any(more)
    except ValueError:  # a port or an IPv6 address that is none
        is_plain = False
    if not is_plain:
        raise ConfigError("PUBLIC_URL must be scheme://host[:port] and nothing more, such as https://help.example.org")
    return f"{parts.scheme}://{parts.netloc}"
