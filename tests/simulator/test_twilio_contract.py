"""The simulated Twilio held to Twilio's own OpenAPI document: every answer, every field of a request."""

import json
import os
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from simulator.serve import Running
from simulator.twilio.fields import CREATE, LIST, NOT_SIMULATED, UPDATE
from tests.simulator.conftest import ACCOUNT, AUTH_TOKEN, HTTP, LINE, PERSON
from tests.simulator.twilio_client import settled

MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
MESSAGE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"
GOOD = {"To": PERSON, "From": LINE, "Body": "Chào bạn"}
SERVICE = "MG" + "a" * 32


def is_rfc_2822(value: object) -> bool:
    """A date as Twilio writes it, in GMT."""
    return not isinstance(value, str) or parsedate_to_datetime(value).isoformat().endswith("+00:00")


formats = type(oas30_format_checker)()
formats.checks("date-time-rfc-2822", ValueError)(is_rfc_2822)


class Contract:
    """The document, and how an answer and a request are held against it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._shared = {"components": document["components"]}

    def answer(self, path: str, method: str, status: int) -> dict[str, Any]:
        """The schema of an answer."""
        described = self.document["paths"][path][method]["responses"][str(status)]
        found: dict[str, Any] = described["content"]["application/json"]["schema"]
        return found

    def fields(self, path: str) -> dict[str, dict[str, Any]]:
        """The form fields of a post, by name."""
        described = self.document["paths"][path]["post"]["requestBody"]["content"]
        properties = described["application/x-www-form-urlencoded"]["schema"]["properties"]
        return {name: self.follow(schema) for name, schema in properties.items()}

    def follow(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema that a reference names, or the schema itself."""
        if "$ref" not in schema:
            return schema
        found: dict[str, Any] = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found

    def complaints(self, schema: dict[str, Any], value: object) -> list[str]:
        """What is wrong with a value; one property too many or too few is wrong, too."""
        validator = OAS30Validator(schema | self._shared, format_checker=formats)
        found = [f"{list(error.absolute_path)}: {error.validator}" for error in validator.iter_errors(value)]
        if isinstance(value, dict) and value.keys() != self.follow(schema)["properties"].keys():
            found.append(f"properties: {sorted(value.keys() ^ self.follow(schema)['properties'].keys())}")
        return found


@pytest.fixture(scope="module")
def contract() -> Contract:
    """Twilio's document, where NHIPCAU_SHARED says that it is."""
    folder = os.environ.get("NHIPCAU_SHARED")
    if not folder:
        pytest.skip("NHIPCAU_SHARED is not set: the simulated Twilio is not held to Twilio's own document")
    document = Path(folder) / "contracts" / "twilio_api_v2010.json"
    return Contract(json.loads(document.read_text(encoding="utf-8")))


Caller = Callable[..., httpx.Response]


@pytest.fixture
def call(running: Running) -> Caller:
    """Calls the API with the account's own credentials; the path goes on behind /Messages."""

    def ask(method: str, path: str = "", **more: Any) -> httpx.Response:
        url = f"{running.url}/2010-04-01/Accounts/{ACCOUNT}/Messages{path}.json"
        return HTTP.request(method, url, auth=(ACCOUNT, AUTH_TOKEN), **more)

    return ask


def test_every_answer_has_exactly_the_described_properties(contract: Contract, running: Running, call: Caller) -> None:
    """Created by number and by service, fetched on its way, delivered, undelivered and redacted, listed."""
    schema = contract.answer(MESSAGE, "get", 200)
    created = [call("POST", data=GOOD), call("POST", data=GOOD | {"MessagingServiceSid": SERVICE, "From": ""})]
    running.twilio.fault("undelivered", size=30006)
    created.append(call("POST", data=GOOD))
    for answer in created:
        assert answer.status_code == 201
        assert contract.complaints(contract.answer(MESSAGES, "post", 201), answer.json()) == []
    settled(running)
    running.twilio.text(PERSON, "xin chào")
    for message in running.twilio.messages:
        fetched = call("GET", f"/{message.sid}")
        assert contract.complaints(schema, fetched.json()) == []
    redacted = call("POST", f"/{created[0].json()['sid']}", data={"Body": ""})
    assert contract.complaints(contract.answer(MESSAGE, "post", 200), redacted.json()) == []
    errors = {call("GET", f"/{answer.json()['sid']}").json()["error_message"] for answer in created}
    assert errors == {None, "Landline or unreachable carrier"}
    for query in ({}, {"PageSize": "2"}, {"PageSize": "2", "Page": "1"}, {"To": PERSON}, {"DateSent": "2008-01-02"}):
        listed = call("GET", params=query)
        assert contract.complaints(contract.answer(MESSAGES, "get", 200), listed.json()) == [], query
        for item in listed.json()["messages"]:
            assert contract.complaints(schema, item) == []


def test_the_check_itself_finds_what_is_wrong(contract: Contract, running: Running, call: Caller) -> None:
    """A wrong type, a word that is no status, a date in another shape, a property more or less: each is seen."""
    schema = contract.answer(MESSAGES, "post", 201)
    good = call("POST", data=GOOD).json()
    for change in (
        {"num_media": 0},
        {"status": "gone"},
        {"date_created": "2026-11-22T01:02:03Z"},
        {"error_code": "30006"},
        {"sid": "SM1"},
        {"more": 1},
    ):
        assert contract.complaints(schema, good | change), change
    assert contract.complaints(schema, {name: value for name, value in good.items() if name != "price"})


def test_the_simulator_knows_exactly_the_described_fields(contract: Contract) -> None:
    """No field of a request is missing, and none is invented."""
    assert contract.fields(MESSAGES).keys() == CREATE.keys() | NOT_SIMULATED
    assert contract.fields(MESSAGE).keys() == UPDATE
    asked = contract.document["paths"][MESSAGES]["get"]["parameters"]
    assert {item["name"] for item in asked if item["in"] == "query"} == LIST


def values_of(schema: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Values that a described field takes, and values that it does not."""
    if "enum" in schema:
        return tuple(schema["enum"]), ("nonsense", schema["enum"][0].upper())
    if "pattern" in schema:
        return (schema["pattern"][1:3] + "0aF1" * 8,), ("x", schema["pattern"][1:3] + "g" * 32)
    match schema["type"], schema.get("format"):
        case "boolean", _:
            return ("true", "false", "True"), ("maybe", "1", "0")
        case "integer" | "number", _:
            return ("1", "7"), ("x", "-1", "1 2")
        case "string", "uri":
            return ("https://example.org/status?row=1",), ("example.org", "ftp://example.org", "https://")
    return (), ()


def test_a_described_field_is_taken_with_good_values_and_refused_with_bad_ones(
    contract: Contract, running: Running, call: Caller
) -> None:
    """Types, patterns and lists of words as described. MMS is the one good value that is refused."""
    tried = 0
    for name, schema in contract.fields(MESSAGES).items():
        if name in NOT_SIMULATED or name in GOOD:
            continue
        good, bad = values_of(schema)
        assert good, name
        for value in good:
            if (name, value.lower()) != ("SendAsMms", "true"):
                answer = call("POST", data=GOOD | {name: value})
                assert answer.status_code == 201, (name, value, answer.text)
                tried += 1
        for value in bad:
            answer = call("POST", data=GOOD | {name: value})
            assert answer.status_code == 400, (name, value)
            tried += 1
    assert tried >= 50


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (GOOD | {"Boddy": "x"}, 20001),
        (GOOD | {"body": "x"}, 20001),
        (GOOD | {"Body": ["x", "y"]}, 20001),
        (GOOD | {"MediaUrl": "https://example.org/a.png"}, 20001),
        (GOOD | {"ScheduleType": "fixed", "SendAt": "2030-01-01T00:00:00Z"}, 20001),
        (GOOD | {"SendAsMms": "true"}, 20001),
        (GOOD | {"ValidityPeriod": "0"}, 20001),
        (GOOD | {"ValidityPeriod": "²"}, 20001),
        ({"From": LINE, "Body": "x"}, 21604),
    ],
)
def test_what_is_not_described_is_refused_in_twilios_shape(
    running: Running, call: Caller, form: dict[str, Any], code: int
) -> None:
    """Code, message, more_info and status; nothing is accepted."""
    answer = call("POST", data=form)
    assert answer.status_code == 400
    shown = answer.json()
    assert shown["message"]
    assert {name: shown[name] for name in ("code", "more_info", "status")} == {
        "code": code,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": 400,
    }
    assert not running.twilio.messages


def test_lists_and_changes_take_no_unknown_field_either(running: Running, call: Caller) -> None:
    """A misspelt filter would otherwise list everything."""
    sid = running.twilio.text(PERSON, "xin chào")
    for method, path, more in (
        ("GET", "", {"params": {"to": PERSON}}),
        ("GET", "", {"params": {"DateSent>=": "2026-01-01"}}),
        ("POST", f"/{sid}", {"data": {"Body": "", "Text": ""}}),
        ("POST", f"/{sid}", {"data": {"Status": "canceled"}}),
    ):
        answer = call(method, path, **more)
        assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    assert running.twilio.fetch(sid).body == "xin chào"
