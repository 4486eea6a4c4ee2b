"""Messages made step by step: with files, as e-mails, from content templates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self, TypeAlias, cast

from rxconvo.client.attachments import SendMediaOptions, check_media
from rxconvo.client.drafts import Draft, Part, check_attachments
from rxconvo.errors import ArgumentError
from rxconvo.model import TransferProgress, limits
from rxconvo.model.content import ContentTemplateVariable
from rxconvo.model.fields import EMPTY_OBJECT, parse_json
from rxconvo.streams import Cold, HotStream

if TYPE_CHECKING:
    from rxconvo.client.configuration import ConversationLimits
    from rxconvo.types import JSON, JSONInput, Sid

__all__ = ["MessageBuilder", "Outbox", "UnsentMessage"]

Outbox: TypeAlias = Callable[[Draft], tuple[Cold[int], HotStream[TransferProgress]]]
"""Makes the mutation that sends a message, and the stream that tells how far its uploads have come."""


class UnsentMessage:
    """A message ready to be sent. It does not change; made by `MessageBuilder.build`.

    Args:
        draft: The message.
        outbox: What sends it.

    Attributes:
        progress: How far the uploads have come, part by part. Hot, nothing first; completes when the client is shut
            down.
    """

    __slots__ = ("_draft", "_sending", "progress")

    def __init__(self, draft: Draft, outbox: Outbox) -> None:
        self._draft = draft
        self._sending, self.progress = outbox(draft)

    @property
    def body(self) -> str | None:
        """The text, or None."""
        return self._draft.body

    @property
    def subject(self) -> str | None:
        """The subject, or None."""
        return self._draft.subject

    @property
    def attributes(self) -> JSON:
        """The application's own data."""
        return parse_json(self._draft.attributes_json)

    @property
    def media(self) -> tuple[tuple[str, SendMediaOptions], ...]:
        """What is uploaded before, each with its category: files, then bodies and histories of an e-mail."""
        return tuple((part.category, part.options) for part in self._draft.parts or ())

    @property
    def content_sid(self) -> Sid | None:
        """The content template that it is made from, or None."""
        return self._draft.content_sid

    @property
    def content_variables(self) -> tuple[ContentTemplateVariable, ...]:
        """What is put into the content template."""
        return self._draft.content_variables

    def send(self) -> Cold[int]:
        """Send the message: upload what belongs to it, one after the other, then say it.

        Returns:
            Cold, the same each time; emits the message's index, once observers of `messages` have seen it. Subscribing
            again after an `OutcomeUnknownError` resumes the same message, without uploading again what was, so `retry`
            sends it at most once. After an answer it is sent another time. Disposing breaks an upload off.

        Errors:
            RejectedError: An upload or the message was refused.
            ArgumentError: What was to be uploaded is no file, or gives something else than bytes.
            OSError: A file cannot be read.
        """
        return self._sending

    def __repr__(self) -> str:
        return f"<UnsentMessage of {len(self._draft.parts or ())} parts>"


class MessageBuilder:
    """Puts a message together. Each step checks what it is given and returns the builder.

    Example:
        import rxconvo
        from rxconvo import SendMediaOptions

        async with rxconvo.connect("memory:", identity="ada") as client:
            lunch = await client.create_conversation()
            await lunch.join()
            note = SendMediaOptions("text/plain", "a note", "note.txt")
            print(await lunch.prepare_message().set_body("look").add_media(note).build_and_send())  # -> 0

    Args:
        limits: What the service accepts.
        outbox: What sends messages.
    """

    __slots__ = (
        "_attributes_json",
        "_body",
        "_content_sid",
        "_content_variables",
        "_email_bodies",
        "_email_histories",
        "_limits",
        "_media",
        "_outbox",
        "_subject",
    )

    def __init__(self, limits: ConversationLimits, outbox: Outbox) -> None:
        self._limits = limits
        self._outbox = outbox
        self._body: str | None = None
        self._subject: str | None = None
        self._attributes_json = EMPTY_OBJECT
        self._media: list[SendMediaOptions] = []
        self._email_bodies: dict[str, SendMediaOptions] = {}
        self._email_histories: dict[str, SendMediaOptions] = {}
        self._content_sid: Sid | None = None
        self._content_variables: tuple[ContentTemplateVariable, ...] = ()

    def set_body(self, body: str) -> Self:
        """Set the text.

        Args:
            body: The text, at most 32 KB of UTF-8.

        Raises:
            ArgumentError: It is no string or too long.
        """
        self._body = limits.check_body(body)
        return self

    def set_subject(self, subject: str) -> Self:
        """Set the subject.

        Args:
            subject: The subject, 1 to 256 characters.

        Raises:
            ArgumentError: It is no string, empty or too long.
        """
        self._subject = limits.check_subject(subject)
        return self

    def set_attributes(self, attributes: JSONInput) -> Self:
        """Set the application's own data.

        Args:
            attributes: Any JSON value, at most 4 KB as text.

        Raises:
            ArgumentError: It is no JSON, or too long.
        """
        self._attributes_json = limits.message_attributes_text(attributes)
        return self

    def set_email_body(self, content_type: str, body: SendMediaOptions) -> Self:
        """Set the body of an e-mail in one format, in place of one set before.

        Args:
            content_type: The format, one of `limits.email_bodies_allowed_content_types`.
            body: The body. Where it has no content type of its own, it is sent with this one.

        Raises:
            ArgumentError: The format is no non-empty string, or the body no `SendMediaOptions`.
        """
        self._email_bodies[limits.check_key("content_type", content_type)] = check_media("body", body)
        return self

    def set_email_history(self, content_type: str, history: SendMediaOptions) -> Self:
        """Set what an e-mail quotes of those before it in one format, in place of one set before.

        Args:
            content_type: The format, one of `limits.email_histories_allowed_content_types`.
            history: The quotation. Where it has no content type of its own, it is sent with this one.

        Raises:
            ArgumentError: The format is no non-empty string, or the history no `SendMediaOptions`.
        """
        self._email_histories[limits.check_key("content_type", content_type)] = check_media("history", history)
        return self

    def set_content_template(self, content_sid: Sid, content_variables: Sequence[ContentTemplateVariable] = ()) -> Self:
        """Have the service make the message from a content template. Whatever else it has may be left out then.

        Args:
            content_sid: The template.
            content_variables: What to put into it; what is not named keeps its default.

        Raises:
            ArgumentError: The sid is no non-empty string, or the variables are none.
        """
        self._content_sid = limits.check_key("content_sid", content_sid)
        self._content_variables = _variables(content_variables)
        return self

    def add_media(self, media: SendMediaOptions) -> Self:
        """Add a file.

        Args:
            media: The file, with a content type, and not empty.

        Raises:
            ArgumentError: It is no `SendMediaOptions`, has no content type, or is empty.
        """
        check_media("media", media).check_complete()
        self._media.append(media)
        return self

    def build(self) -> UnsentMessage:
        """Make the message of what was set. It can be called again, also after more was set.

        Raises:
            ArgumentError: The service does not accept it: too many files, files that are too large, formats of an
                e-mail that it does not know.
        """
        check_attachments(self._media, self._limits)
        parts = [Part("media", options, options.content_type or "") for options in self._media]
        for category, given, allowed in (
            ("body", self._email_bodies, self._limits.email_bodies_allowed_content_types),
            ("history", self._email_histories, self._limits.email_histories_allowed_content_types),
        ):
            for content_type, options in given.items():
                part = Part(category, options, options.content_type or content_type)
                for kind in (content_type, part.content_type.partition(";")[0].strip().lower()):
                    if kind not in allowed:
                        raise ArgumentError(f"email_{category}", f"of one of the types {', '.join(allowed)}", kind)
                parts.append(part)
        draft = Draft(
            body=self._body,
            subject=self._subject,
            attributes_json=self._attributes_json,
            parts=tuple(parts),
            content_sid=self._content_sid,
            content_variables=self._content_variables,
        )
        return UnsentMessage(draft, self._outbox)

    def build_and_send(self) -> Cold[int]:
        """Make the message and return what sends it: see `build` and `UnsentMessage.send`."""
        return self.build().send()


def _variables(value: object) -> tuple[ContentTemplateVariable, ...]:
    expected = "a sequence of ContentTemplateVariable, each of two strings"
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise ArgumentError("content_variables", expected, type(value).__name__)
    variables: list[ContentTemplateVariable] = []
    for variable in cast("Sequence[object]", value):
        if not isinstance(variable, ContentTemplateVariable) or not _is_text(variable):
            raise ArgumentError("content_variables", expected, variable)
        variables.append(variable)
    return tuple(variables)


def _is_text(variable: ContentTemplateVariable) -> bool:
    texts = cast("tuple[object, ...]", (variable.name, variable.value))
    return all(isinstance(text, str) for text in texts)
