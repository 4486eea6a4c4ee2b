"""Wanting replicated objects, and what is done about those that fail."""

from __future__ import annotations

from rxconvo.errors import LocalProtocolError, PayloadError, SyncError
from rxconvo.model.journal import Journal
from rxconvo.model.record import Owner, Replicas
from rxconvo.sync import Kind, Replica, Since

__all__ = ["gone", "reopened", "wanted"]


def wanted(
    replicas: Replicas,
    name: str,
    kind: Kind,
    owner: Owner,
    *,
    read_items: bool = False,
    include_items: bool = False,
    since: int | Since = Since.OPENING,
) -> Replica[Owner] | SyncError:
    """Want an object by a name that the service gave, which need not make sense.

    Returns:
        The object's replica, or why it cannot be: the name is that of another one.
    """
    if not name:
        return SyncError(name, 0, None, f"the service has not named the {kind.value}")
    try:
        replica = replicas.want(name, kind, owner, read_items=read_items, include_items=include_items, since=since)
    except LocalProtocolError as error:
        return SyncError(name, 0, None, str(error))
    if replica.owner is not owner:
        return SyncError(name, 0, None, f"the service gives one {kind.value} for two purposes")
    return replica


def gone(replica: Replica[Owner]) -> SyncError:
    """Make the error that tells that there is no such object, or none that we may see."""
    return SyncError(replica.name, 404, None, f"there is no such {replica.kind.value}")


def reopened(
    replica: Replica[Owner], error: PayloadError, replicas: Replicas, journal: Journal
) -> Replica[Owner] | None:
    """Report data that cannot be read, and open their object anew if that was not done for such a reason before.

    Args:
        replica: The object.
        error: What is wrong with the data.
        replicas: Where objects come from.
        journal: Takes the report.

    Returns:
        The object's new replica, or None where it stays as it is.
    """
    owner = replica.owner
    fault = PayloadError(f"{replica.name}: {error}")
    fault.__cause__ = error
    journal.faults.append(fault)
    if owner.doubted:
        return None
    owner.doubted = True
    replicas.release(replica)
    return replicas.want(
        replica.name, replica.kind, owner, read_items=replica.read_items, include_items=replica.include_items
    )
