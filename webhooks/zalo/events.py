"""What Zalo's events say: messages, receipts, people who come and go, and what the account's own people write.

Sources: docs.zaloplatforms.com/docs/OA, the pages about webhooks, and a list of all event names made from them
(github.com, a command-line tool for Zalo, 2026). Ids are digits as text, since they are larger than 2^53.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from storage.inbox import Inbound
from storage.receipts import Receipt
from webhooks.channel import Event, Reach, TakenOver
from webhooks.zalo.signature import digits_of, moment_of

ID = re.compile(r"[0-9]{1,32}")
MESSAGE_ID = re.compile(r"[0-9A-Za-z._-]{1,128}")
EVENT_NAME = re.compile(r"[A-Za-z_.]{1,64}")
MOST_RECEIPTS = 50  # in one webhook, which must be answered within 2 s
CHANNEL, DESK = "zalo", "oa_send_"

MEDIA = ("image", "gif", "link", "audio", "video", "sticker", "location", "business_card", "file")

IGNORED = (
    "anonymous_send_",  # visitors without an account: they cannot be written to as people are, nor known again
    "oa_send_anonymous_",
    "user_send_group_",  # in a group others read along
    "oa_send_group_",
    *("create_group", "delete_group", "update_group_info", "add_group_admin", "remove_group_admin", "user_join_group"),
    *("user_out_group", "user_request_join_group", "accept_request_join_group", "reject_request_join_group"),
    "user_submit_info",  # a name, a number, an address: more than we may ask for
    "update_user_info",
    *("user_reacted_message", "oa_reacted_message"),  # nothing was said
    *("user_click_chatnow", "user_click_button", "user_click_link", "user_click_response_button"),  # we send no buttons
    *("user_call_oa", "oa_call_user", "user_reply_consent"),  # calls are not taken here
    *("add_user_to_tag", "remove_user_from_tag", "remove_tag", "widget_", "extension_purchased"),
    *("change_template_", "change_oa_daily_quota", "user_feedback", "event_journey_"),  # notices by telephone number
    *("shop_has_order", "user_asking_product"),
)
"""Events that say nothing to us, by their names or how these begin. Any other is told of in the log, by its name."""

log = structlog.get_logger(__name__)


def read_event(event: Mapping[str, Any], oa_id: str) -> list[Event]:
    """What a signed event says to us; nothing for what is ignored, unknown, not understood, or another account's.

    None of these is an error: refused, it would come again five times, and then Zalo gives the webhook up. What is not
    ignored knowingly is told of in the log by its name alone. `oa_id` is our account's, "" for whichever it is.
    """
    name = event.get("event_name")
    if not isinstance(name, str) or not EVENT_NAME.fullmatch(name):
        log.warning("event without a name", channel=CHANNEL)
        return []
    if name.startswith(IGNORED):
        return []
    reader = READERS.get(DESK if name.startswith(DESK) else name)
    if reader is None:
        log.warning("unknown event", channel=CHANNEL, reason=name)
        return []
    try:
        if oa_id and oa_id not in _ids_in(event):
            raise ValueError("another account's")
        return reader(event)
    except ValueError:
        log.warning("event not understood", channel=CHANNEL, reason=name)
        return []


def _read_message(event: Mapping[str, Any]) -> list[Event]:
    message, is_text = _part(event, "message"), event["event_name"] == "user_send_text"
    text = message.get("text", None if is_text else "")
    if not isinstance(text, str):
        raise ValueError("no text")
    inbound = Inbound(
        provider_id=_key(event, "sender"),
        address=_id_in(event, "sender"),
        text=text,
        kind="text" if is_text else "media",
        order=int(digits_of(event.get("timestamp")) or 0),
        written_at=moment_of(event.get("timestamp")),
    )
    return [inbound]


def _read_reach(event: Mapping[str, Any]) -> list[Event]:
    place = "user_id" if event["event_name"] == "user_withdraw" else "follower"
    at, is_open = moment_of(event.get("timestamp")), event["event_name"] == "follow"
    return [Reach(_key(event, place), _id_in(event, place), is_open, at=at)]


def _read_receipts(event: Mapping[str, Any]) -> list[Event]:
    """Receipts name one message or, when it was seen, several."""
    message, is_seen = _part(event, "message"), event["event_name"] == "user_seen_message"
    listed = message.get("msg_ids")
    ids = [*(listed if isinstance(listed, list) else []), message.get("msg_id")]
    named = dict.fromkeys(one for one in ids if isinstance(one, str) and MESSAGE_ID.fullmatch(one))
    return [Receipt("read" if is_seen else "delivered", provider_id=one) for one in list(named)[-MOST_RECEIPTS:]]


def _read_echo(event: Mapping[str, Any]) -> list[Event]:
    """What the account wrote: by one of its people if `admin_id` names them, else by this program."""
    admin = str(_part(event, "sender").get("admin_id") or "").strip(" 0")
    if not admin:
        return []
    return [TakenOver(_key(event, "recipient"), _id_in(event, "recipient"), moment_of(event.get("timestamp")))]


READERS: Mapping[str, Callable[[Mapping[str, Any]], list[Event]]] = {
    "user_send_text": _read_message,
    **{f"user_send_{kind}": _read_message for kind in MEDIA},
    "follow": _read_reach,  # and nothing is said: nobody has written
    "unfollow": _read_reach,
    "user_withdraw": _read_reach,
    "user_received_message": _read_receipts,
    "user_seen_message": _read_receipts,
    DESK: _read_echo,  # text, image, gif, list, file, sticker, consent and whatever else may come
}


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = event.get(name)
    if not isinstance(part, dict):
        raise ValueError(name)
    return part


def _id_in(event: Mapping[str, Any], place: str) -> str:
    """The id of whoever stands there, by itself or as {"id": …}: digits as text, since they are larger than 2^53."""
    found = event.get(place)
    found = found.get("id") if isinstance(found, dict) else found
    if not isinstance(found, str) or not ID.fullmatch(found):
        raise ValueError(place)
    return found


def _ids_in(event: Mapping[str, Any]) -> list[object]:
    """Everybody an event names: whoever sent it, whoever got it, and the account where it says so."""
    found = [event.get(place) for place in ("sender", "recipient", "oa_id")]
    return [one.get("id") if isinstance(one, dict) else one for one in found]


def _key(event: Mapping[str, Any], place: str) -> str:
    """What names this event and no other: its message's id, or else its name, its moment and its person."""
    message = event.get("message")
    found = message.get("msg_id") if isinstance(message, dict) else None
    if isinstance(found, str) and MESSAGE_ID.fullmatch(found):
        return found
    return f"{event['event_name']} {digits_of(event.get('timestamp'))} {_id_in(event, place)}"
