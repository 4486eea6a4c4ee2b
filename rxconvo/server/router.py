"""From a method and a path to a handler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rxconvo.server.call import decoded
from rxconvo.server.refusals import Refusal, not_found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rxconvo.server.call import Handler
    from rxconvo.types import Sid

__all__ = ["Match", "Route", "Router"]


@dataclass(frozen=True)
class Route:
    """One row of the table.

    Attributes:
        method: HTTP method.
        pattern: A path whose segments in braces are variable. `{service}` only fits the service's own sid.
        handler: What answers.
        mutates: Whether it is a mutation: counted by the rates, and repeatable by its mutation id.
    """

    method: str
    pattern: str
    handler: Handler
    mutates: bool = False


@dataclass(frozen=True)
class Match:
    """A route, and what its variable segments are, decoded."""

    route: Route
    path: dict[str, str]


class _Node:
    """The routes that share the segments read so far."""

    __slots__ = ("fixed", "routes", "variable")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.routes: dict[str, Route] = {}


class Router:
    """Finds routes. Segments are compared as they stand and decoded afterwards, so that `%2F` never makes a segment.

    Args:
        routes: The table.
        service_sid: What `{service}` must be.
    """

    def __init__(self, routes: Iterable[Route], *, service_sid: Sid) -> None:
        self._service_sid = service_sid
        self._root = _Node()
        for route in routes:
            node = self._root
            for segment in _segments(route.pattern):
                node = _step(node, segment)
            node.routes[route.method] = route

    def match(self, method: str, path: str) -> Match:
        """Find the route of a request.

        Args:
            method: HTTP method.
            path: Path of the request, still percent-encoded.

        Raises:
            Refusal: 404 for an unknown path, 405 for a known one without this method, 400 for a malformed one.
        """
        segments = _segments(path)
        node = self._root
        for segment in segments:
            following = node.fixed.get(segment, node.variable if segment else None)
            if following is None:
                raise not_found()
            node = following
        route = node.routes.get(method)
        if route is None:
            raise Refusal(405, 20004, "Method not allowed") if node.routes else not_found()
        names = _segments(route.pattern)
        variables = {
            name[1:-1]: decoded(name[1:-1], segment)
            for name, segment in zip(names, segments, strict=True)
            if name.startswith("{")
        }
        if variables.pop("service", self._service_sid) != self._service_sid:
            raise not_found()
        return Match(route, variables)


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").split("/")


def _step(node: _Node, segment: str) -> _Node:
    """Go down one segment, making the way where there is none."""
    if not segment.startswith("{"):
        return node.fixed.setdefault(segment, _Node())
    if node.variable is None:
        node.variable = _Node()
    return node.variable
