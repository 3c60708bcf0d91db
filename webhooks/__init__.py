"""The carriers' doors: one file or folder a channel, receiving and sending. One with a `connect` is a channel."""

import importlib
import pkgutil
from collections.abc import Iterable
from types import ModuleType

from webhooks.channel import Channel, Deployment


def channel_modules(path: Iterable[str] = __path__, package: str = __name__) -> list[ModuleType]:
    """Every channel's module, in order of name. Importing one registers its facts."""
    found = (importlib.import_module(f"{package}.{module.name}") for module in pkgutil.iter_modules(path))
    return [module for module in found if hasattr(module, "connect")]


def connect_all(deployment: Deployment) -> dict[str, Channel]:
    """The channels whose secrets are set, by name; a channel without its secrets is off."""
    channels = (module.connect(deployment) for module in channel_modules())
    return {channel.facts.name: channel for channel in channels if channel is not None}
