"""Sending messages: texts, files, and messages made step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rxconvo.client.attachments import SendEmailOptions, SendMediaOptions
from rxconvo.client.builder import MessageBuilder
from rxconvo.client.conversation.streams import StreamsConcern
from rxconvo.client.drafts import Draft, Part, check_attachments
from rxconvo.client.resources import SentMessage, read_resource
from rxconvo.errors import ArgumentError, RejectedError
from rxconvo.model import TransferProgress, limits

if TYPE_CHECKING:
    from rxconvo.streams import Cold, HotStream
    from rxconvo.types import JSONInput, Sid

__all__ = ["SendingConcern"]


class SendingConcern(StreamsConcern):
    """Messages of one's own."""

    __slots__ = ()

    def send_message(
        self,
        message: str | SendMediaOptions | None,
        attributes: JSONInput = None,
        email_options: SendEmailOptions | None = None,
        *,
        subject: str | None = None,
    ) -> Cold[int]:
        """Send a text or a file. `prepare_message` makes messages with more than that.

        Args:
            message: A text, at most 32 KB of UTF-8; None sends an empty one. Or a file, which is uploaded first.
            attributes: The application's own data: any JSON value, at most 4 KB as text.
            email_options: The subject, as the official SDK takes it.
            subject: The subject, 1 to 256 characters.

        Returns:
            Cold; emits the message's index, once observers of `messages` have seen it. Subscribing again after an
            `OutcomeUnknownError` resumes the same message, without uploading the file again, so `retry` sends it at
            most once. Disposing breaks an upload off.

        Raises:
            ArgumentError: The text, the file, the attributes or the subject are of the wrong type, empty or too long.

        Errors:
            RejectedError: 403 or 404, one may not; 413, the file is too large; and so on.
            ArgumentError: What was to be uploaded is no file, or gives something else than bytes.
            OSError: The file cannot be read.
        """
        attributes_json = limits.message_attributes_text({} if attributes is None else attributes)
        subject = _subject(email_options, subject)
        if isinstance(message, SendMediaOptions):
            message.check_complete()
            check_attachments([message], self._context.configuration.options)
            parts = (Part("media", message, message.content_type or ""),)
            return self._send(Draft(subject=subject, attributes_json=attributes_json, parts=parts))
        body = limits.check_body(_text(message), field="message")
        return self._send(Draft(body=body, subject=subject, attributes_json=attributes_json))

    def prepare_message(self) -> MessageBuilder:
        """Begin a message that is put together step by step: with several files, as an e-mail, from a template."""
        return MessageBuilder(self._context.configuration.options, self._outbox)

    def _outbox(self, draft: Draft) -> tuple[Cold[int], HotStream[TransferProgress]]:
        """Make what sends a message, and the stream that tells how far its uploads have come."""
        progress = self._context.hub.passing("progress")
        return self._send(draft, progress.push), progress

    def _send(self, draft: Draft, moved: Callable[[TransferProgress], None] | None = None) -> Cold[int]:
        uploaded: dict[str, list[Sid]] = {}  # by the ids of the attempts that were not answered

        async def perform(mutation_id: str) -> int:
            sids = uploaded.setdefault(mutation_id, [])
            try:
                for number, part in enumerate(draft.parts or ()):
                    if number == len(sids):
                        sids.append(await self._upload(part, number, len(draft.parts or ()), moved))
                fields = draft.fields(sids)
                answer = await self._context.calls.mutate("POST", self._messages_url, fields, mutation_id)
                index = read_resource(answer, SentMessage).index
                await self._context.echoed(self.sid, lambda: self._shows_message(index))
            except RejectedError:
                del uploaded[mutation_id]  # answered: what comes next is a new message
                raise
            del uploaded[mutation_id]
            return index

        return self._cold("send_message", perform)

    async def _upload(
        self, part: Part, number: int, parts: int, moved: Callable[[TransferProgress], None] | None
    ) -> Sid:
        """Upload a part of a message, and return its sid."""

        def tell(transferred: int, total: int | None) -> None:
            if moved is not None:
                moved(TransferProgress(transferred, total, number, parts))

        media = self._context.media
        url = self._context.configuration.media_url(media.region)
        return (await media.upload(url, part.category, part.options, part.content_type, tell)).sid

    def _shows_message(self, index: int) -> bool:
        """Tell whether observers have seen a message, or there is nothing that could tell them."""
        store = self._context.store
        return not store.messages_watched(self._record) or self._record.message(index) is not None


def _text(message: object) -> str:
    """Return the text that is to be sent.

    Raises:
        ArgumentError: It is nothing that can be sent.
    """
    if message is not None and not isinstance(message, str):
        raise ArgumentError("message", "a string, SendMediaOptions or None", message)
    return message or ""


def _subject(email_options: object, subject: str | None) -> str | None:
    """Return the subject of a message, wherever it was given.

    Raises:
        ArgumentError: It was given twice, or is none.
    """
    if email_options is not None:
        if not isinstance(email_options, SendEmailOptions):
            raise ArgumentError("email_options", "SendEmailOptions or None", email_options)
        if email_options.subject is not None:
            if subject is not None:
                raise ArgumentError("subject", "given once, not in email_options as well", subject)
            subject = email_options.subject
    return None if subject is None else limits.check_subject(subject)
