"""The dashboard as an aiohttp application: the page, the streams it shows, and what it may do."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any, Final, cast

import orjson
from aiohttp import web

from rxconvo.errors import ArgumentError
from rxconvo.integrations.dashboard.access import Access, Connect
from rxconvo.integrations.dashboard.actions import ACTIONS, Fields, create
from rxconvo.integrations.dashboard.assets import Asset, load_assets
from rxconvo.integrations.dashboard.desk import Desk
from rxconvo.integrations.dashboard.gate import NOT_THERE, answer, gate, secure
from rxconvo.integrations.web import send_events

__all__ = ["dashboard"]

_MAX_BODY: Final = 256 * 1024
"""Bytes of what the page may send: a message of the greatest length, 32 KB, each byte of which JSON may write as 6."""

_PATIENCE: Final = 10.0
"""Seconds within which all of that has to come."""

_ACCESS: Final = web.AppKey("access", Access)
_DESK: Final = web.AppKey("desk", Desk)
_ASSETS: Final = web.AppKey("assets", Mapping[str, Asset])


def dashboard(connect: Connect, *, desk: Desk | None = None, hosts: Collection[str] = ()) -> web.Application:
    """Make a dashboard of the conversations of whoever shows a token.

    Example:
        import rxconvo
        from aiohttp import web
        from rxconvo.integrations.dashboard import dashboard

        def connect(token: str) -> rxconvo.Connecting:
            return rxconvo.connect("ws://127.0.0.1:8080", token=token)

        if __name__ == "__main__":
            web.run_app(dashboard(connect), host="127.0.0.1", port=8081)  # then open http://127.0.0.1:8081/#token=…

    The page is at `/`. Its token is in the part of the link behind `#`, which browsers keep to themselves. Pages of the
    same user share one client, which is shut down a while after the last one is closed.

    Args:
        connect: Connects with a token, to any upstream; it is what verifies the token.
        desk: Who asks, who answers, and what is promised to them.
        hosts: Names and addresses by which the dashboard may be reached, besides those of this machine alone.

    Returns:
        The application. It shuts its clients down when it is.
    """
    app = web.Application(middlewares=[gate(hosts)], client_max_size=_MAX_BODY)
    app[_ACCESS] = Access(connect)
    app[_DESK] = desk or Desk()
    app[_ASSETS] = load_assets()
    app.on_response_prepare.append(secure)
    app.on_shutdown.append(_close)
    app.router.add_get("/", partial(_asset, name="index.html"))
    app.router.add_get("/assets/{name}", _asset)
    app.router.add_get("/api/overview", _overview, allow_head=False)
    app.router.add_get("/api/conversations/{sid}", _conversation, allow_head=False)
    app.router.add_post("/api/conversations", _create)
    app.router.add_post("/api/conversations/{sid}/{action}", _act)
    return app


async def _close(app: web.Application) -> None:
    await app[_ACCESS].close()


async def _asset(request: web.Request, *, name: str | None = None) -> web.Response:
    asset = request.app[_ASSETS].get(name or request.match_info["name"])
    if asset is None or (name is None and request.match_info["name"] == "index.html"):
        raise web.HTTPNotFound
    headers = {"Content-Type": asset.content_type, "Cache-Control": "no-cache"}
    return web.Response(body=asset.content, headers=headers)


async def _overview(request: web.Request) -> web.StreamResponse:
    async with request.app[_ACCESS].enter(_token(request)) as seat:
        return await send_events(request, seat.overview(request.app[_DESK]))


async def _conversation(request: web.Request) -> web.StreamResponse:
    async with request.app[_ACCESS].enter(_token(request)) as seat:
        feed = seat.conversation(request.match_info["sid"], request.app[_DESK])
        if feed is None:
            return answer({"error": NOT_THERE}, 404)
        return await send_events(request, feed)


async def _act(request: web.Request) -> web.Response:
    async with request.app[_ACCESS].enter(_token(request)) as seat:
        action = ACTIONS.get(request.match_info["action"])
        if action is None:
            raise web.HTTPNotFound
        conversation = seat.find(request.match_info["sid"])
        if conversation is None:
            return answer({"error": NOT_THERE}, 404)
        return answer(await action(conversation, await _fields(request)))


async def _create(request: web.Request) -> web.Response:
    async with request.app[_ACCESS].enter(_token(request)) as seat:
        return answer(await create(seat.client, await _fields(request)), 201)


def _token(request: web.Request) -> str | None:
    """Return the token that a request shows. Only a header is looked at: addresses end up in logs."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def _fields(request: web.Request) -> Fields:
    """Read the JSON object that a request carries.

    Raises:
        ArgumentError: It is none.
        HTTPException: It is said to be something else, is too long, or does not come.
    """
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="JSON is expected here")
    try:
        async with asyncio.timeout(_PATIENCE):
            fields: Any = orjson.loads(await request.read())
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except orjson.JSONDecodeError:
        fields = None
    if not isinstance(fields, dict):
        raise ArgumentError("body", "a JSON object")
    return cast("Fields", fields)
