"""Media: uploads and downloads over plain HTTP, and what becomes of them."""

from __future__ import annotations

from rxconvo.server.media.service import MediaService

__all__ = ["MediaService"]
