"""The forms between Twilio and the program: how an outgoing one is checked, how webhooks are signed."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from simulator.carrier.segments import count_segments
from simulator.twilio.fields import check_values
from simulator.twilio.messages import Message, Refused

LONGEST_BODY = 1600
COUNTRIES = {"84": "VN", "855": "KH", "856": "LA", "86": "CN", "66": "TH", "60": "MY", "1": "US"}


def check(form: Mapping[str, str], own_number: str) -> None:
    """Refuse an outgoing message as Twilio does; source: twilio.com/docs/api/errors, the codes below."""
    body, own = form.get("Body", ""), form.get("From") or own_number
    check_values(form)
    rules = (
        (not form.get("To"), 21604, "A 'To' phone number is required"),
        (not form.get("From") and not form.get("MessagingServiceSid"), 21603, "A 'From' phone number is required"),
        (own != own_number, 21606, "The 'From' phone number is not one of this account's"),
        (form.get("To") == own_number, 21266, "'To' and 'From' number cannot be the same"),
        (not body, 21602, "Message body is required"),
        (len(body) > LONGEST_BODY, 21617, "The concatenated message body exceeds the 1600 character limit"),
    )
    for broken, code, message in rules:
        if broken:
            raise Refused(400, code, message)


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """X-Twilio-Signature: base64 of HMAC-SHA1 over the whole URL and every key and value, sorted by key.

    Source: twilio.com/docs/usage/webhooks/webhooks-security.
    """
    signed = url + "".join(f"{key}{form[key]}" for key in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def inbound_form(account: str, message: Message, opt_out_type: str | None) -> dict[str, str]:
    """The webhook of an incoming message (twilio.com/docs/messaging/guides/webhook-request)."""
    form = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "AccountSid": account,
        "From": message.sender,
        "To": message.recipient,
        "Body": message.body,
        "NumMedia": "0",
        "NumSegments": str(count_segments(message.body)),
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
    }
    for side, number in (("From", message.sender), ("To", message.recipient)):
        form |= {
            f"{side}Country": _country_of(number),
            f"{side}State": "",
            f"{side}City": "",
            f"{side}Zip": "",
        }
    return form | ({"OptOutType": opt_out_type} if opt_out_type else {})


def receipt_form(account: str, message: Message) -> dict[str, str]:
    """The status callback of a message (twilio.com/docs/messaging/guides/track-outbound-message-status)."""
    form = {
        "MessageSid": message.sid,
        "MessageStatus": message.status,
        "SmsSid": message.sid,
        "SmsStatus": message.status,
        "AccountSid": account,
        "From": message.sender,
        "To": message.recipient,
        "ApiVersion": "2010-04-01",
    }
    if message.service:
        form["MessagingServiceSid"] = message.service
    return form | ({"ErrorCode": str(message.error_code)} if message.error_code else {})


def _country_of(number: str) -> str:
    return next((name for code, name in COUNTRIES.items() if number.startswith(f"+{code}")), "")
