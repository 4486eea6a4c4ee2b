"""Reading and changing messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Self

import msgspec
from reactivex import compose

from rxconvo.client.configuration import quoted
from rxconvo.client.conversation.streams import StreamsConcern
from rxconvo.client.resources import TypingAnswer, read_resource
from rxconvo.errors import ArgumentError, NotFoundError
from rxconvo.model import Message, limits
from rxconvo.operators import catch_up, timeline
from rxconvo.streams import Endless, Paginator

if TYPE_CHECKING:
    from rxconvo.model import DiffBatch, Participant
    from rxconvo.streams import Cold, LoopObservable
    from rxconvo.sync import Page
    from rxconvo.types import JSONInput

__all__ = ["MessagesConcern"]

_TYPING_TIMEOUT = 5.0  # seconds of silence after a signal, until an answer says otherwise


class MessagesConcern(StreamsConcern):
    """Messages, page by page and one by one, and the typing signal."""

    __slots__ = ()

    def get_messages(
        self,
        page_size: int = 30,
        anchor: int | None = None,
        direction: Literal["backwards", "forward"] = "backwards",
    ) -> Cold[Paginator[Message[Self]]]:
        """Read messages, page by page. The list is opened for it, where it is not.

        Args:
            page_size: Messages of a page, 1 to 100; no more than are kept of a conversation.
            anchor: Index of the message to start from, included; None starts at the newest, or, forward, at the oldest.
            direction: Where to from there: `backwards` to older, `forward` to newer messages.

        Returns:
            Cold; emits the first page, by ascending index. On it, `prev_page` leads to older and `next_page` to newer
            messages, whatever the direction.

        Raises:
            ArgumentError: An argument is out of its range.
        """
        limits.check_page_size(page_size)
        limits.check_index(anchor, field="anchor", optional=True)
        if direction not in ("backwards", "forward"):
            raise ArgumentError("direction", '"backwards" or "forward"', direction)
        size = min(page_size, self._context.options.kept_messages)
        return self._pages(anchor, "desc" if direction == "backwards" else "asc", size)

    def timeline(self, limit: int = 100) -> LoopObservable[DiffBatch[Message[Self]]]:
        """Follow the newest messages as a list: first all of it, then what changes, history and live joined.

        That is `operators.catch_up` and `operators.timeline` on `messages` and its pages.

        Args:
            limit: Messages of the list at most; where there are more, the oldest go.

        Returns:
            Each observer reads for itself. Emits a batch with one `Reset`, then a batch of diffs for each event that
            changes the list, again a `Reset` where it cannot be known what was missed; completes when the conversation
            is gone. `operators.apply_diffs` makes lists of it. As it has no end before that, `subscribe` it or use
            `async for`; what there is now is `await conversation.timeline().first()`. To await it as it stands is a
            `TypeError`.

        Raises:
            ArgumentError: The limit is not positive.

        Errors:
            RejectedError: One may not read the messages.
        """
        history = catch_up(lambda: self.get_messages(min(limit, limits.MAX_PAGE_SIZE)), limit=limit)
        joined = compose(history, timeline(limit))(self.messages)
        return Endless(joined, self._context.hub.context, f"timeline of {self.sid}")

    def update_message_body(self, message: Message, body: str) -> Cold[Message[Self]]:
        """Replace a message's text; `Message.update_body` calls this.

        Args:
            message: Which.
            body: The new text, at most 32 KB of UTF-8.

        Returns:
            Cold; emits the message with its new text.

        Raises:
            ArgumentError: The text is no string or too long.
        """
        limits.check_body(body)
        updated = msgspec.structs.replace(message, body=body)
        return self._update_message(
            "update_message_body", message, {"body": body}, updated, lambda held: held.body == body
        )

    def update_message_attributes(self, message: Message, attributes: JSONInput) -> Cold[Message[Self]]:
        """Replace a message's attributes; `Message.update_attributes` calls this.

        Args:
            message: Which.
            attributes: Any JSON value, at most 4 KB as text.

        Returns:
            Cold; emits the message with its new attributes.

        Raises:
            ArgumentError: The value is no JSON, or too long.
        """
        text = limits.message_attributes_text(attributes)
        updated = msgspec.structs.replace(message, attributes_json=text)
        return self._update_message(
            "update_message_attributes",
            message,
            {"attributes": text},
            updated,
            lambda held: held.attributes == updated.attributes,
        )

    def remove_message(self, message: Message) -> Cold[Message[Self]]:
        """Remove a message; `Message.remove` calls this.

        Returns:
            Cold; emits the message as it was, once it is gone.
        """
        return self._mutation(
            "remove_message",
            "DELETE",
            self._message_url(message),
            {},
            lambda _: message,
            echo=lambda _: self._record.message(message.index) is None,
        )

    def get_message_participant(self, message: Message) -> Cold[Participant[Self]]:
        """Find who wrote a message, by the participant's sid, else by the author; `Message.get_participant` calls this.

        Returns:
            Cold; emits the participant.

        Errors:
            NotFoundError: The author takes part no more.
        """

        async def perform() -> Participant:
            async with self._roster.visit():
                held = self._record.participant(message.participant_sid or "")
                if held is None and message.author is not None:
                    held = self._record.participant_of(message.author)
            if held is None:
                raise NotFoundError(404, 50432, f"The author of message {message.sid} is not a participant")
            return held

        return self._context.query("get_message_participant", perform)

    @property
    def typing_silence(self) -> float:
        """Seconds for which further typing signals are swallowed, as the service wants it; 0 where none would be."""
        return max(0.0, self._typing_silence - self._context.driver.now())

    def send_typing(self) -> Cold[None]:
        """Tell the others that the own user is typing. Between two signals a few seconds pass; more are swallowed.

        A signal is shown for 6 seconds, and swallowed within 5 of the one before, as in the official SDK. So one each 4
        seconds would be shown with gaps of 2, as each other one is swallowed: call this at each keystroke, or each
        second, or let `operators.send_typing` do it.

        Returns:
            Cold; emits None.

        Time: The loop's clock; the service names the seconds of silence after each signal, 5 at first.
        """

        async def perform() -> None:
            now = self._context.driver.now()
            if now < self._typing_silence:
                return
            self._typing_silence = now + _TYPING_TIMEOUT
            body = f"ChannelSid={quoted(self.sid)}".encode()
            try:
                answer = await self._context.calls.submit_form(self._context.configuration.links.typing, body)
            except BaseException:
                self._typing_silence = now  # nobody may have heard it
                raise
            timeout = read_resource(answer, TypingAnswer).typing_timeout
            if timeout is not None:
                self._typing_silence = now + timeout

        return self._query("send_typing", perform)

    def _message_url(self, message: Message) -> str:
        return f"{self._messages_url}/{quoted(message.sid)}"

    def _update_message(
        self,
        name: str,
        message: Message,
        fields: dict[str, JSONInput],
        updated: Message,
        done: Callable[[Message], bool],
    ) -> Cold[Message[Self]]:
        def shown() -> Message | None:
            held = self._record.message(message.index)
            return held if held is not None and done(held) else None

        return self._mutation(
            name,
            "POST",
            self._message_url(message),
            fields,
            lambda _: shown() or updated,
            echo=lambda _: not self._context.store.messages_watched(self._record) or shown() is not None,
        )

    def _pages(self, start: int | None, order: Literal["asc", "desc"], size: int) -> Cold[Paginator[Message[Self]]]:
        return self._context.query("get_messages", lambda: self._page(start, order, size))

    async def _page(self, start: int | None, order: Literal["asc", "desc"], size: int) -> Paginator[Message]:
        page, held = await self._read(start, order, size)
        if None in held:  # room for the news of this page was made by forgetting old ones of it: now they are news
            page, held = await self._read(start, order, size)
        indices = sorted(map(int, page.keys))
        messages = sorted(filter(None, held), key=lambda message: message.index)
        if not indices and start is not None:  # nothing on this side of the anchor, hence all on the other
            indices = [start]
        older, newer = (page.has_previous, page.has_more) if order == "asc" else (page.has_more, page.has_previous)
        return Paginator(
            messages,
            prev_page=(lambda: self._pages(indices[0] - 1, "desc", size)) if older and indices else None,
            next_page=(lambda: self._pages(indices[-1] + 1, "asc", size)) if newer and indices else None,
        )

    async def _read(
        self, start: int | None, order: Literal["asc", "desc"], size: int
    ) -> tuple[Page, list[Message | None]]:
        async with self._list.visit():
            opened = self._record.message_list
            if opened is None or opened.replica is None:
                raise self._record.closed()
            request = self._context.session.page(opened.replica, start=start, order=order, size=size)
            page = await self._context.driver.read(request)
            return page, [self._record.message(int(key)) for key in page.keys]
