"""What is tried to be changed, for those who look on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rxconvo.client.core import ClientCore
from rxconvo.errors import ArgumentError

if TYPE_CHECKING:
    from reactivex.abc import DisposableBase

    from rxconvo.streams import MutationObserver

__all__ = ["MutationsConcern"]


class MutationsConcern(ClientCore):
    """Attempts at mutations."""

    def observe_mutations(self, observer: MutationObserver) -> DisposableBase:
        """Have each attempt at a mutation of this client told as it begins and as it ends: for traces, for example.

        Example:
            from rxconvo import Service

            def observe(attempt):
                print(attempt.name, "begins")
                return lambda error: print(attempt.name, "ends", error or "well")

            async with Service() as service, service.client("ada") as ada:
                with ada.observe_mutations(observe):
                    await ada.create_conversation()
            # -> create_conversation begins
            # -> create_conversation ends well

        Args:
            observer: Gets a `MutationAttempt` as it begins; what it returns gets None once there is a value, else the
                exception. Both run in the context of whoever awaits the mutation or has subscribed to it. What they
                raise goes to `errors`; the mutation does not notice.

        Returns:
            The subscription; attempts that have begun before `dispose` are told to their end.

        Raises:
            ArgumentError: The observer cannot be called.
        """
        if not callable(observer):
            raise ArgumentError("observer", "a callable", observer)
        return self._context.followers.add(observer)
