"""Row ids: random, so that they tell nothing, and made before the row, so that sealing can be bound to them."""

from collections.abc import Callable
from uuid import UUID

NewId = Callable[[], UUID]
