"""Where everything is: the absolute addresses that answers carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from rxconvo.server.keys import Keys
    from rxconvo.server.options import ServerOptions
    from rxconvo.server.storage.records import Key
    from rxconvo.types import Sid

__all__ = ["IN_PROCESS", "Urls"]

IN_PROCESS: Final = "http://rxconvo.invalid"
"""What stands for a service's address where no socket is in between; never looked up."""

_COLLECTIONS = {"document": "Documents", "list": "Lists", "map": "Maps"}


class Urls:
    """Builds the addresses of one service. Clients use what they are given; the shapes are the customary ones."""

    def __init__(self, keys: Keys, options: ServerOptions) -> None:
        self.api = f"{options.api_url}/Client/v2"
        self.typing = f"{options.api_url}/v1/Instances/{keys.service_sid}/Typing"
        self.service = f"{self.api}/Services/{keys.service_sid}"
        self.conversations = f"{self.service}/Conversations"
        self.users = f"{self.service}/Users"
        self.media_path = f"/v1/Services/{keys.service_sid}/Media"
        self._sync = f"{options.sync_url}/v3/Services/{keys.service_sid}"
        self._media_url = options.media_url

    def conversation(self, sid: Sid) -> str:
        """Return the address of a conversation."""
        return f"{self.conversations}/{sid}"

    def participant(self, conversation_sid: Sid, sid: Sid) -> str:
        """Return the address of a participant."""
        return f"{self.conversations}/{conversation_sid}/Participants/{sid}"

    def message(self, conversation_sid: Sid, sid: Sid) -> str:
        """Return the address of a message."""
        return f"{self.conversations}/{conversation_sid}/Messages/{sid}"

    def media(self, origin: str) -> str:
        """Return the address of the media service.

        Args:
            origin: How the client has reached the service.
        """
        return f"{self._media_url or origin}{self.media_path}"

    def mutation(self, mutation_id: str) -> str:
        """Return the address of what a mutation came to."""
        return f"{self.service}/Mutations/{quote(mutation_id, safe='')}"

    def user(self, sid: Sid) -> str:
        """Return the address of a user."""
        return f"{self.users}/{sid}"

    def user_conversations(self, user_sid: Sid) -> str:
        """Return the address of the list of a user's conversations."""
        return f"{self.users}/{user_sid}/Conversations"

    def sync_object(self, kind: str, sid: Sid) -> str:
        """Return the address of a replicated object."""
        return f"{self._sync}/{_COLLECTIONS[kind]}/{sid}"

    def sync_item(self, kind: str, sid: Sid, key: Key) -> str:
        """Return the address of an item of a list or map."""
        return f"{self._sync}/{_COLLECTIONS[kind]}/{sid}/Items/{quote(str(key), safe='')}"
