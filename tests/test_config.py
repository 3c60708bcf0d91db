"""The settings: what is wrong is refused with a word on what to do, and nothing secret is ever shown."""

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from config import Config, ConfigError

KEY = base64.b64encode(bytes(range(32))).decode()
OLD_KEY = base64.b64encode(bytes(range(1, 33))).decode()
SECRETS = {
    "MASTER_KEY": f"{KEY},{OLD_KEY}",
    "SECRET_KEY": "secret-of-the-pages",
    "DATABASE_URL": "postgresql://us:secret-of-the-database@db.example.org/nhipcau",
    "BROKER_URL": "amqp://us:secret-of-the-broker@mq.example.org",
    "TWILIO_AUTH_TOKEN": "secret-of-the-carrier",
}


def test_an_empty_environment_is_enough_to_look_at_the_program() -> None:
    """SQLite, localhost, nothing simulated and no secrets."""
    config = Config.from_environment({})
    assert config == Config()
    assert config.database_url.startswith("sqlite:///")
    assert (config.public_url, config.try_it, config.master_keys) == ("http://localhost:8000", False, ())


def test_what_touches_people_demands_every_secret_at_once() -> None:
    """All that is missing is named together, with a way to make it; there are no built-in secrets."""
    with pytest.raises(ConfigError, match=r"MASTER_KEY.*urandom.*SECRET_KEY"):
        Config.from_environment({}).demand_secrets()
    with pytest.raises(ConfigError, match=r"^set SECRET_KEY"):
        Config.from_environment({"MASTER_KEY": KEY}).demand_secrets()
    with pytest.raises(ConfigError, match=r"^set MASTER_KEY(?!.*and SECRET_KEY)"):
        Config.from_environment({"SECRET_KEY": "x", "MASTER_KEY": " , "}).demand_secrets()
    Config.from_environment({"MASTER_KEY": KEY, "SECRET_KEY": "x"}).demand_secrets()


def test_no_secret_is_shown() -> None:
    """Settings that are printed by accident print no key, no password and no token."""
    config = Config.from_environment(SECRETS)
    for shown in (repr(config), str(config), f"{config}", repr(replace(config, try_it=True))):
        assert "secret" not in shown.replace("secret_key", "")
        assert KEY not in shown
        assert str(bytes(range(32))) not in shown
        assert "example.org" not in shown


@pytest.mark.parametrize("between", [",", " , ", ",\n"])
def test_while_rotating_there_are_two_master_keys(between: str) -> None:
    """The first is in force, the second is the one it replaces."""
    config = Config.from_environment({"MASTER_KEY": f"{KEY}{between}{OLD_KEY}"})
    assert config.master_keys == (bytes(range(32)), bytes(range(1, 33)))


def test_a_master_key_may_stand_in_a_file(tmp_path: Path) -> None:
    """As it is written by an editor, with a newline at its end."""
    file = tmp_path / "master.key"
    file.write_text(f"{KEY}\n")
    assert Config.from_environment({"MASTER_KEY_FILE": str(file)}).master_keys == (bytes(range(32)),)


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_master_key_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Starting without the key would look like an empty setting."""
    file = tmp_path / "master.key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"MASTER_KEY_FILE.*name a text file"):
        Config.from_environment({"MASTER_KEY_FILE": str(file)})


@pytest.mark.parametrize(
    "wrong",
    [
        "short",
        base64.b64encode(bytes(31)).decode(),
        base64.b64encode(bytes(33)).decode(),
        f"{KEY},x",
        "é" * 44,
    ],
)
def test_a_master_key_that_is_none_is_refused_and_not_shown(wrong: str) -> None:
    """Base64 of 32 bytes, and the way to make one; the error may end up in a log."""
    with pytest.raises(ConfigError, match=r"MASTER_KEY must be base64 of 32 bytes; make one with") as caught:
        Config.from_environment({"MASTER_KEY": wrong})
    assert not re.search(rf"\b{re.escape(wrong)}\b", str(caught.value))


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("https://help.example.org", "https://help.example.org"),
        ("https://help.example.org/", "https://help.example.org"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_public_url_is_a_scheme_and_a_host(given: str, read: str) -> None:
    """Signatures are checked against it, so it has one spelling."""
    assert Config.from_environment({"PUBLIC_URL": given}).public_url == read


@pytest.mark.parametrize(
    "wrong",
    [
        "help.example.org",
        "ftp://help.example.org",
        "https://",
        "https://help.example.org/webhooks",
        "https://help.example.org?x=1",
        "https://help.example.org#x",
        "https://us:password@help.example.org",
        "https://help.example.org:port",
        "https://help.example.org:99999",
        "https://[::1",
    ],
)
def test_a_public_url_with_anything_more_or_less_is_refused(wrong: str) -> None:
    """A path would be dropped in silence, and every signature would be wrong."""
    with pytest.raises(ConfigError, match=r"PUBLIC_URL must be scheme://host"):
        Config.from_environment({"PUBLIC_URL": wrong})


def test_without_a_public_url_it_is_this_machine_at_its_port() -> None:
    """What `make run` and the simulators use."""
    assert Config.from_environment({"PORT": "8123"}).public_url == "http://localhost:8123"
    with pytest.raises(ConfigError, match="PORT must be a number"):
        Config.from_environment({"PORT": "http"})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_postgresql_may_be_spelled_as_others_spell_it(scheme: str) -> None:
    """Hosting services hand out addresses without the driver's name."""
    config = Config.from_environment({"DATABASE_URL": f"{scheme}://us@db/nhipcau"})
    assert config.database_url == "postgresql+psycopg://us@db/nhipcau"


@pytest.mark.parametrize("wrong", ["mysql://us:secret@db/x", "nhip-cau.db", "postgresql", "sqlite"])
def test_a_database_of_another_kind_is_refused(wrong: str) -> None:
    """Two kinds are tested, so there are two."""
    with pytest.raises(ConfigError, match=r"DATABASE_URL must begin with sqlite:/// or postgresql://") as caught:
        Config.from_environment({"DATABASE_URL": wrong})
    assert "secret" not in str(caught.value)


def test_sqlite_with_a_broker_is_refused() -> None:
    """Many processes on one write lock are none of the known set-ups."""
    with pytest.raises(ConfigError, match=r"BROKER_URL needs PostgreSQL"):
        Config.from_environment({"BROKER_URL": "amqp://mq"}).demand_set_up()
    Config.from_environment({}).demand_set_up()


def test_the_settings_cannot_be_changed() -> None:
    """They are read once; whoever holds them sees what everybody sees."""
    environ = {"TRY_IT": "1"}
    config = Config.from_environment(environ)
    environ["TWILIO_AUTH_TOKEN"] = "later"
    assert config.try_it
    assert "TWILIO_AUTH_TOKEN" not in config.environment
    with pytest.raises(TypeError):
        config.environment["TRY_IT"] = "0"  # type: ignore[index]
