"""The replicas we hold, by the names they were wanted by and by the sids that events name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from rxconvo.sync.replica import Replica
from rxconvo.types import Sid

__all__ = ["Registry"]

O = TypeVar("O")  # noqa: E741 - the owner's type, a single letter like any type variable


class Registry(Generic[O]):
    """Replicas, each under every name it has.

    Attributes:
        by_sid: Those that were opened; what an event is looked up in.
    """

    def __init__(self) -> None:
        self.by_sid: dict[Sid, Replica[O]] = {}
        self._by_name: dict[str, Replica[O]] = {}
        self._all: dict[Replica[O], None] = {}

    def __iter__(self) -> Iterator[Replica[O]]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def find(self, name: str) -> Replica[O] | None:
        """Find a replica by its unique name or sid."""
        return self._by_name.get(name) or self.by_sid.get(name)

    def add(self, replica: Replica[O]) -> None:
        """Hold a replica, under the name that it was wanted by."""
        self._all[replica] = None
        self._by_name[replica.name] = replica

    def bind(self, replica: Replica[O], sid: Sid, unique_name: str | None) -> None:
        """Note what the service calls a replica; a later wish by one of these names finds it."""
        replica.sid = sid
        # Two equal texts would be a tenth of what an idle document costs.
        replica.unique_name = replica.name if unique_name == replica.name else unique_name
        self.by_sid[sid] = replica
        if unique_name is not None:
            self._by_name.setdefault(unique_name, replica)

    def unbind(self, replica: Replica[O]) -> None:
        """Note that a replica's sid means nothing any more."""
        if replica.sid is not None and self.by_sid.get(replica.sid) is replica:
            del self.by_sid[replica.sid]
        replica.sid = None

    def remove(self, replica: Replica[O]) -> None:
        """Let a replica go. It keeps its sid, for the record."""
        self._all.pop(replica, None)
        for name in (replica.name, replica.unique_name):
            if name is not None and self._by_name.get(name) is replica:
                del self._by_name[name]
        if replica.sid is not None and self.by_sid.get(replica.sid) is replica:
            del self.by_sid[replica.sid]
