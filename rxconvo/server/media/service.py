"""The media service: what answers plain HTTP requests for media."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from rxconvo.errors import StoreError, TokenError
from rxconvo.server.access import see_conversation
from rxconvo.server.call import Call, date_of
from rxconvo.server.checks import check_json, is_array, is_object, is_text
from rxconvo.server.exchanges import answer_or_refuse, answered, read_small, without_body
from rxconvo.server.media.downloads import download
from rxconvo.server.media.resources import media_resource
from rxconvo.server.media.signing import Signer
from rxconvo.server.media.uploads import Uploads
from rxconvo.server.refusals import Refusal, bad_request, not_found
from rxconvo.server.roles import Right
from rxconvo.transport.http import PlainRequest, PlainResponse

if TYPE_CHECKING:
    from rxconvo.server.core import Core
    from rxconvo.server.resources import Fields
    from rxconvo.server.storage.base import Transaction
    from rxconvo.server.storage.records import StoredMedia
    from rxconvo.types import Sid

__all__ = ["MediaService"]

_TOKEN = "x-twilio-token"  # noqa: S105 - the name of a header
_MAX_PARAMETERS = 20
_MAX_SMALL = 64 * 1024


class MediaService:
    """Answers requests for media, however they come. It is an `HttpExchange`.

    Args:
        core: What the service shares.

    Source: Media.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._service = core.service
        self._signer = Signer(core.service.keys.secret)
        self._uploads = Uploads(core)
        # Where there is a proxy, that takes it away; in process there is none.
        self._prefix = urlsplit(core.service.options.media_url or "").path

    @asynccontextmanager
    async def exchange(self, request: PlainRequest) -> AsyncGenerator[PlainResponse]:
        """Answer a request. See `HttpExchange.exchange`.

        What the request's own body raises goes through.
        """
        async with AsyncExitStack() as stack:
            response = await answer_or_refuse(self._answer(request, stack), self._service.ids)
            yield without_body(response) if request.method == "HEAD" else response

    async def _answer(self, request: PlainRequest, stack: AsyncExitStack) -> PlainResponse:
        """Find out what is asked for, and do it; what has to be kept open meanwhile goes on the stack."""
        try:
            url = urlsplit(request.url)
            query = dict(parse_qsl(url.query, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS))
        except ValueError:
            raise bad_request("the address", "well-formed, its query UTF-8") from None
        call = Call(
            service=self._service,
            identity="",
            now=date_of(self._core.wall()),
            query=query,
            headers=request.headers,
            origin=f"{url.scheme}://{url.netloc}",
        )
        path = self._service.urls.media_path
        asked = url.path.removeprefix(self._prefix)
        if asked == path:
            self._admit(call, request, "POST")
            self._core.rates.check(identity=call.identity, conversation=None)
            return answered(201, self._describe(await self._uploads.take(request, call), call))
        if asked == f"{path}Set":
            self._admit(call, request, "POST")
            return answered(200, await self._find_all(_sids(await read_small(request, _MAX_SMALL), self._core), call))
        sid, slash, rest = asked.removeprefix(f"{path}/").partition("/")
        if sid == asked or (slash and rest != "Content"):
            raise not_found()
        if not slash:
            self._admit(call, request, "GET")
            return answered(200, self._describe(await self._find(sid, call), call))
        media = await self._find_content(sid, call, request)
        try:
            return await stack.enter_async_context(download(self._core.store, media, request))
        except StoreError:
            await self._find(sid, call)  # it may have been removed just now, which is no error of the store's
            raise

    def _admit(self, call: Call, request: PlainRequest, *methods: str) -> None:
        """Check the method of a request and its token, and note who asks.

        Raises:
            Refusal: 405, or what is wrong with the token.
        """
        _check_method(request, *methods)
        try:
            call.identity = self._core.authority.verify(request.headers.get(_TOKEN)).identity
        except TokenError as error:
            description = str(error).removesuffix(f" (code {error.code})")
            raise Refusal(error.status, error.code, description) from None

    def _describe(self, media: StoredMedia, call: Call) -> Fields:
        """Describe a media, with an address from which it can be downloaded in the asker's place for a while."""
        expires = int(self._core.authority.now() + self._service.options.media_url_ttl)
        query = self._signer.query(media.sid, call.identity, expires)
        return media_resource(self._service, media, origin=call.origin, query=query)

    async def _find(self, sid: Sid, call: Call) -> StoredMedia:
        """Find a media that the asker may see.

        Raises:
            Refusal: 404, the same for one that does not exist and for one that the asker may not see.
        """
        return await self._core.store.run(lambda tx: _see(tx, call, sid), _there)

    async def _find_content(self, sid: Sid, call: Call, request: PlainRequest) -> StoredMedia:
        """Find a media whose bytes are asked for: by an address that carries its proof, or with a token."""
        if "Signature" not in call.query:
            self._admit(call, request, "GET", "HEAD")
            return await self._find(sid, call)
        _check_method(request, "GET", "HEAD")
        identity = self._signer.identity(sid, call.query, now=self._core.authority.now())
        if identity is None:
            raise Refusal(403, 20403, "The address is not valid, or not any more")
        call.identity = identity
        return await self._find(sid, call)

    async def _find_all(self, sids: list[Sid], call: Call) -> list[Fields]:
        """Describe several media; those that the asker may not see are marked as not found, like those unknown."""
        found = await self._core.store.run(lambda tx: [_see(tx, call, sid) for sid in sids], lambda found: found)
        return [
            {"code": 404, "media_record": {"sid": sid}}
            if media is None
            else {"code": 200, "media_record": self._describe(media, call)}
            for sid, media in zip(sids, found, strict=True)
        ]


def _check_method(request: PlainRequest, *methods: str) -> None:
    if request.method not in methods:
        raise Refusal(405, 20004, "Method not allowed")


def _see(tx: Transaction, call: Call, sid: Sid) -> StoredMedia | None:
    """Look at a media with the asker's eyes: its author sees it, and once attached, who may read the conversation."""
    media = tx.media(sid)
    if media is None:
        return None
    if media.conversation_sid is None:
        return media if media.author == call.identity else None
    conversation = tx.conversation(media.conversation_sid)
    sight = None if conversation is None else see_conversation(tx, call.service, conversation, call.identity)
    return media if sight is not None and sight.may(Right.READ) else None


def _there(media: StoredMedia | None) -> StoredMedia:
    """Insist on a media."""
    if media is None:
        raise not_found("Media")
    return media


def _sids(body: bytes, core: Core) -> list[Sid]:
    """Read of which media a set is asked for."""
    limits = core.service.options.limits
    document = check_json("body", body, limits)
    if not is_object(document) or document.get("command") != "get":
        raise bad_request("command", "get")
    wanted = document.get("list")
    if not is_array(wanted) or len(wanted) > limits.batch:
        raise bad_request("list", f"an array of at most {limits.batch} objects")
    sids = [each.get("media_sid") if is_object(each) else None for each in wanted]
    if not all(is_text(sid) for sid in sids):
        raise bad_request("media_sid", "text")
    return [str(sid) for sid in sids]
