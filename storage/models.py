"""Every table, imported for those who need all of them: migrations and their tests."""

from storage.audit import AuditLine
from storage.carriers import Carrier
from storage.database import Base
from storage.errands import Errand
from storage.inbox import InboxMessage, Seen
from storage.marks import Mark
from storage.outbox import OutboxMessage
from storage.people import Contact, Conversation, DoNotWrite, Person
from storage.safe import ChannelSecret
from storage.vault import PersonKey, SystemKey

__all__ = [
    "AuditLine",
    "Base",
    "Carrier",
    "ChannelSecret",
    "Contact",
    "Conversation",
    "DoNotWrite",
    "Errand",
    "InboxMessage",
    "Mark",
    "OutboxMessage",
    "Person",
    "PersonKey",
    "Seen",
    "SystemKey",
]
