"""The form fields of Twilio's message requests: which there are, and what may stand in them.

Source: createMessage, updateMessage and listMessage in twilio_api_v2010.json (github.com/twilio/twilio-oai). The
simulator is stricter than Twilio, which ignores what it does not know (twilio.com/docs/api/errors/20001): a
field that is unknown, given twice or not simulated is refused, so that a slip shows in a test and not in use.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from werkzeug.datastructures import MultiDict

from simulator.twilio.messages import Refused

TELEPHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
LONGEST_VALIDITY_S = 36000


def _any(_: str) -> bool:
    return True


def _one_of(*words: str) -> Callable[[str], bool]:
    return lambda text: text in words


def _matching(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


def _is_flag(text: str) -> bool:
    return text.lower() in ("true", "false")


def _is_address(text: str) -> bool:
    return urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).hostname)


def _is_validity(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,5}", text) is not None and 1 <= int(text) <= LONGEST_VALIDITY_S


CREATE: Mapping[str, tuple[Callable[[str], bool], int, str]] = {
    # What a value must be, and the error when it is not. The rules between fields are in twilio_forms.py.
    "To": (_matching(TELEPHONE.pattern), 21211, "Invalid 'To' Phone Number"),
    "From": (_any, 21606, ""),
    "MessagingServiceSid": (_matching(r"MG[0-9a-fA-F]{32}"), 21701, "The Messaging Service does not exist"),
    "Body": (_any, 21602, ""),
    "StatusCallback": (_is_address, 21609, "Invalid 'StatusCallback' URL"),
    "ValidityPeriod": (_is_validity, 20001, f"ValidityPeriod must be between 1 and {LONGEST_VALIDITY_S}"),
    # Taken and without effect here
    "MaxPrice": (_matching(r"[0-9]+(\.[0-9]+)?"), 20001, "MaxPrice must be a number"),
    "Attempt": (_matching(r"[0-9]{1,9}"), 20001, "Attempt must be a whole number"),
    "ProvideFeedback": (_is_flag, 20001, "ProvideFeedback must be true or false"),
    "ForceDelivery": (_is_flag, 20001, "ForceDelivery must be true or false"),
    "SmartEncoded": (_is_flag, 20001, "SmartEncoded must be true or false"),
    "ShortenUrls": (_is_flag, 20001, "ShortenUrls must be true or false"),
    "SendAsMms": (_matching(r"(?i)false"), 20001, "SendAsMms is not simulated"),
    "ContentRetention": (_one_of("retain", "discard"), 20001, "ContentRetention is retain or discard"),
    "AddressRetention": (_one_of("retain", "obfuscate"), 20001, "AddressRetention is retain or obfuscate"),
    "TrafficType": (_one_of("free"), 20001, "TrafficType is free"),
    "RiskCheck": (_one_of("enable", "disable"), 20001, "RiskCheck is enable or disable"),
}
NOT_SIMULATED = frozenset(
    {
        "ApplicationSid",
        "ContentSid",
        "ContentVariables",
        "FallbackFrom",
        "MediaUrl",
        "PersistentAction",
        "ScheduleType",
        "SendAt",
    }
)
UPDATE = frozenset({"Body", "Status"})
LIST = frozenset({"To", "From", "DateSent", "DateSent<", "DateSent>", "Page", "PageSize", "PageToken"})


def read_once(given: MultiDict[str, str], known: frozenset[str]) -> dict[str, str]:
    """The fields of a request as they are; raises Refused (20001) for an unknown one and for one given twice."""
    for name, values in given.lists():
        if name in NOT_SIMULATED:
            raise Refused(400, 20001, f"{name} is not simulated")
        if name not in known:
            raise Refused(400, 20001, f"Unknown parameter {name!r}")
        if len(values) > 1:
            raise Refused(400, 20001, f"{name} is given {len(values)} times")
    return given.to_dict()


def check_values(form: Mapping[str, str]) -> None:
    """Raises Refused for a field of createMessage that is filled in wrongly; an empty one is as if absent."""
    for name, (fits, code, message) in CREATE.items():
        if form.get(name) and not fits(form[name]):
            raise Refused(400, code, message)
