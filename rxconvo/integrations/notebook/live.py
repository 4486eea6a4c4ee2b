"""A stream in a notebook, live: it shows what is newest until nobody looks any more."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import Any, Final

from reactivex import Observable
from reactivex import operators as ops
from reactivex.abc import SchedulerBase
from reactivex.disposable import Disposable, SerialDisposable

from rxconvo.errors import MissingExtraError
from rxconvo.integrations.notebook.screen import Screen
from rxconvo.integrations.notebook.tracks import name_of
from rxconvo.operators import conflate
from rxconvo.operators._arguments import check_number, check_observable, check_scheduler, check_text
from rxconvo.streams import current_scheduler

__all__ = ["Live", "show"]

_ABSENCE: Final = 30.0
"""Seconds after which a display that no page shows any more is closed: a page may be loaded anew meanwhile."""

_PAGE: Final = """
const views = new WeakMap();
export default {
  render({ model, el }) {
    const count = (change) => {
      views.set(model, (views.get(model) ?? 0) + change);
      model.send({ views: views.get(model) });
    };
    const draw = () => { el.innerHTML = model.get("html"); };
    model.on("change:html", draw);
    draw();
    count(1);
    return () => {
      model.off("change:html", draw);
      count(-1);
    };
  },
};
"""
"""What runs in the page. The HTML is ours, in which all that comes from streams is escaped."""

_SHOWN: Final[dict[str, tuple[str, list[Live]]]] = {}
"""Displays that are live, by the cell that has made them, with the run of that cell."""


class Live:
    """A live display of a stream. `show` makes it.

    It ends with the stream, when it is closed, when its cell is run again, and when no page has shown it for half a
    minute. Then the stream is not observed any more; what was shown last, is. Where a page shows no widgets, as a
    stored notebook, there is what was newest when it was displayed; displayed once it has ended, it is no widget but
    that alone.

    Args:
        stream: The stream.
        screen: What is shown of it.
        hz: How often a second at most.
        scheduler: Whose clock counts.

    Attributes:
        widget: The widget, for layouts.
    """

    def __init__(self, stream: Observable[Any], screen: Screen, hz: float, scheduler: SchedulerBase) -> None:
        self._screen = screen
        self._scheduler = scheduler
        self._absence = SerialDisposable()
        self._subscription = SerialDisposable()
        self.widget: Any = _widget_class()(html=screen.html())
        self.widget.on_msg(self._heard)
        self.widget.observe(self._closed, "comm")
        if self.widget.comm is not None:
            self.widget.comm.on_close(self._left)
        self._subscription.disposable = stream.pipe(ops.map(screen.take), conflate(hz)).subscribe(
            self._draw, self._fail, lambda: self._end("complete"), scheduler=scheduler
        )

    @property
    def live(self) -> bool:
        """Whether the stream is observed."""
        return self._screen.status == "live"

    def close(self) -> None:
        """Observe the stream no more, and remove the widget from the page. May be called again."""
        self._end("stopped")
        self._absence.dispose()
        if self.widget.comm is not None:
            self.widget.close()
        self.widget.layout.close()

    def __repr__(self) -> str:
        return self._screen.text()

    def _repr_html_(self) -> str:
        return self._screen.html()

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        shown: dict[str, Any] = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        if not self.live:  # what does not change any more can be stored, and read without widgets
            return shown, {}
        data, metadata = self.widget._repr_mimebundle_()
        return {**data, **shown}, metadata

    def _draw(self, drawn: object) -> None:
        self._screen.draw(drawn)
        self._refresh()

    def _fail(self, error: Exception) -> None:
        self._screen.error = error
        self._end("failed")

    def _end(self, status: str) -> None:
        """Take that the stream is not observed any more."""
        if not self.live:
            return
        self._screen.status = status
        self._subscription.dispose()
        for _, displays in _SHOWN.values():
            if self in displays:
                displays.remove(self)
        self._refresh()

    def _refresh(self) -> None:
        if self.widget.comm is not None:
            self.widget.html = self._screen.html()

    def _closed(self, change: Any) -> None:
        """Take that the widget is closed."""
        if change["new"] is None:
            self.close()

    def _left(self, *_: object) -> None:
        """Take that no page shows it any more."""
        self.close()

    def _heard(self, _: object, content: Any, __: object) -> None:
        """Take from a page how many views it has."""
        if self._absence.is_disposed:
            return
        gone = content == {"views": 0}
        # What waited for the page to come back, waits no more.
        self._absence.disposable = self._scheduler.schedule_relative(_ABSENCE, self._left) if gone else Disposable()


def show(
    stream: Observable[Any],
    *,
    label: str | None = None,
    n: int | None = None,
    hz: float = 5.0,
    scheduler: SchedulerBase | None = None,
) -> Live:
    """Show a stream live, as the last value of a notebook's cell.

    Of batches of diffs, as `timeline` makes them, the end of the list is shown; of events, values and texts the newest
    ones; of anything else, as numbers and sets, the newest one alone.

    Args:
        stream: The stream. It is observed at once.
        label: What it is called; by default its own name, or that of the stream which a chain begins with.
        n: How many values are shown; by default 10, or one of those that are states.
        hz: How often a second the page changes at most. What comes in between is shown together; nothing is lost of
            lists.
        scheduler: Whose clock counts; by default the running loop's.

    Returns:
        The display; `close` ends it.

    Raises:
        ArgumentError: An argument is not of its type, or outside its limits.
        MissingExtraError: anywidget is not installed.
    """
    check_observable("stream", stream)
    if label is not None:
        check_text("label", label, "a text, not empty")
    if n is not None:
        check_number("n", n)
    check_scheduler(scheduler)
    conflate(hz)  # which checks it
    _widget_class()
    screen = Screen(name_of(stream, "stream") if label is None else label, n)
    cell = _cell()
    if cell is not None:
        _begin(*cell)
    live = Live(stream, screen, hz, current_scheduler() if scheduler is None else scheduler)
    if cell is not None and live.live:
        _SHOWN[cell[0]][1].append(live)
    return live


def _begin(cell: str, run: str) -> None:
    """Close what an earlier run of a cell has shown, and forget cells that show nothing."""
    for other, (earlier, displays) in tuple(_SHOWN.items()):
        if other == cell and earlier != run:
            for display in tuple(displays):
                display.close()
        if not displays:
            del _SHOWN[other]
    _SHOWN.setdefault(cell, (run, []))


def _cell() -> tuple[str, str] | None:
    """Return the cell that runs, and which run it is, where the page tells."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    get_parent: Any = getattr(shell, "get_parent", None)
    if get_parent is None:
        return None
    parent: Any = get_parent()
    cell = parent.get("metadata", {}).get("cellId")
    run = parent.get("header", {}).get("msg_id")
    return (cell, run) if isinstance(cell, str) and isinstance(run, str) else None


@cache
def _widget_class() -> Any:
    """Return the class of the widget.

    Raises:
        MissingExtraError: anywidget is not installed.
    """
    try:
        anywidget: Any = import_module("anywidget")
        traitlets: Any = import_module("traitlets")
    except ImportError as error:
        raise MissingExtraError("notebook", "a live display") from error
    members = {"_esm": _PAGE, "html": traitlets.Unicode().tag(sync=True), "__module__": __name__}
    return type("LiveWidget", (anywidget.AnyWidget,), members)
