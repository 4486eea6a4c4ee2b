"""How values show themselves where pages are shown, as the last value of a notebook's cell is."""

from __future__ import annotations

from rxconvo.display.cards import Card, Change, Fact, Line, card_of, listed
from rxconvo.display.describing import describe
from rxconvo.display.displayed import Displayed

__all__ = ["Card", "Change", "Displayed", "Fact", "Line", "card_of", "describe", "listed"]
