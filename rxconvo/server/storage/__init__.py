"""Durable storage of the embedded service."""
