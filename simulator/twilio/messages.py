"""What Twilio keeps of a message, how it shows it, and how a list of messages is asked for.

Source: the Message resource of Twilio's API 2010-04-01 (github.com/twilio/twilio-oai, twilio_api_v2010.json).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime

from simulator.carrier.segments import count_segments

FINAL = frozenset({"received", "delivered", "undelivered", "failed", "canceled"})
REASONS = {  # twilio.com/docs/api/errors
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
}
LARGEST_PAGE = 1000
USUAL_PAGE = 50


class Refused(Exception):
    """A request that Twilio answers with an error: HTTP status, Twilio's own code, and its message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.message = status, code, message

    def to_json(self) -> dict[str, object]:
        """The error body in Twilio's shape."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": more, "status": self.status}


@dataclass(frozen=True)
class Message:
    """One message resource. `number` counts all messages of the account, so that pages can be continued."""

    number: int
    sid: str
    direction: str
    sender: str
    recipient: str
    body: str
    status: str
    created: datetime
    updated: datetime
    sent: datetime | None = None
    service: str | None = None
    callback: str | None = None
    error_code: int | None = None

    def to_json(self, account: str) -> dict[str, object]:
        """As the API shows it; the dates are RFC 2822 in GMT, to the second."""
        uri = f"/2010-04-01/Accounts/{account}/Messages/{self.sid}"
        return {
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": _show(self.created),
            "date_sent": _show(self.sent),
            "date_updated": _show(self.updated),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None if self.error_code is None else REASONS.get(self.error_code, REASONS[30008]),
            "from": None if self.status == "accepted" else self.sender,
            "messaging_service_sid": self.service,
            "num_media": "0",
            "num_segments": "0" if self.status == "accepted" else str(count_segments(self.body)),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": self.recipient,
            "uri": f"{uri}.json",
        }


@dataclass(frozen=True)
class Question:
    """What a list request asks for. Dates are inclusive; one without a time means the whole GMT day."""

    recipient: str | None = None
    sender: str | None = None
    on: datetime | date | None = None
    until: datetime | date | None = None
    since: datetime | date | None = None
    size: int = USUAL_PAGE
    page: int = 0
    token: str | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Question":
        """Read To, From, DateSent (also < and >), PageSize, Page and PageToken; raises Refused (20001)."""
        try:
            size, page = int(query.get("PageSize", USUAL_PAGE)), int(query.get("Page", 0))
        except ValueError:
            raise Refused(400, 20001, "PageSize and Page must be numbers") from None
        if size < 1 or page < 0:
            raise Refused(400, 20001, "PageSize and Page must be positive")
        return cls(
            recipient=query.get("To") or None,
            sender=query.get("From") or None,
            on=_read_date(query.get("DateSent")),
            until=_read_date(query.get("DateSent<")),
            since=_read_date(query.get("DateSent>")),
            size=min(size, LARGEST_PAGE),
            page=page,
            token=query.get("PageToken"),
        )

    def fits(self, message: Message) -> bool:
        """Whether a message belongs in the answer. One that was not sent yet has no date to be found by."""
        if self.recipient not in (None, message.recipient) or self.sender not in (None, message.sender):
            return False
        if self.on is None and self.until is None and self.since is None:
            return True
        if message.sent is None:
            return False
        fits_on = self.on is None or _like(message.sent, self.on) == self.on
        fits_until = self.until is None or _like(message.sent, self.until) <= self.until
        fits_since = self.since is None or _like(message.sent, self.since) >= self.since
        return fits_on and fits_until and fits_since


def _show(moment: datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment.astimezone(UTC).replace(microsecond=0))


def _like(sent: datetime, pattern: datetime | date) -> datetime | date:
    """A time of sending in the precision in which it is asked for: a day, or a second."""
    return sent.replace(microsecond=0) if isinstance(pattern, datetime) else sent.date()


def _read_date(text: str | None) -> datetime | date | None:
    if not text:
        return None
    if len(text) == len("2026-11-21"):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise Refused(400, 20001, "DateSent is not a date") from None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except ValueError:
            continue
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).replace(microsecond=0)
    raise Refused(400, 20001, "DateSent is not a date")
