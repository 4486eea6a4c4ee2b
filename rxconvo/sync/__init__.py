"""Replicated objects: payloads of the service in, changes and requests out. Pure."""
