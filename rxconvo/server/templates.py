"""Content templates: what they are made of, and what becomes of them in a message.

A template has one or more *variants*, each for another kind of message, and *variables* with their defaults. Texts of a
variant hold places like `{{1}}`, which a message fills with values of its own, else with the defaults; a place that has
neither stays as it is. A message takes the first variant.

Source: Conversations, content templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import msgspec
import orjson

from rxconvo.server.checks import (
    check_json,
    check_known,
    check_size,
    check_text,
    check_value,
    is_array,
    is_object,
    is_text,
)
from rxconvo.server.limits import Limits
from rxconvo.server.refusals import bad_request
from rxconvo.server.resources import Fields

__all__ = ["MAX_TEMPLATES", "Rendered", "check_template", "check_variables", "render"]

MAX_TEMPLATES = 1000
"""So many templates a service has at most."""

_CONTENT_TYPE = "application/x-vnd.com.twilio.rich."
_KIND = re.compile(r"[a-z0-9-]{1,64}/[a-z0-9-]{1,64}")
_PLACE = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
_NAME_LENGTH, _SID_LENGTH = 256, 64
_TEMPLATE_SIZE, _VARIABLES_SIZE, _RENDERED_SIZE = 16 * 1024, 16 * 1024, 64 * 1024

_FIELDS = frozenset(
    {"sid", "account_sid", "friendly_name", "language", "variables", "variants", "date_created", "date_updated"}
)

_Check = Callable[[object], bool]


def _is_coordinate(value: object) -> bool:
    """Tell whether something is a number, or a text that will be one once its places are filled."""
    return is_text(value) or (isinstance(value, int | float) and not isinstance(value, bool))


_REQUIRED: Mapping[str, Mapping[str, _Check]] = {
    "twilio/text": {"body": is_text},
    "twilio/media": {"media": is_array},
    "twilio/location": {"longitude": _is_coordinate, "latitude": _is_coordinate},
    "twilio/quick-reply": {"body": is_text, "actions": is_array},
    "twilio/call-to-action": {"body": is_text, "actions": is_array},
    "twilio/list-picker": {"body": is_text, "button": is_text, "items": is_array},
    "twilio/card": {"title": is_text},
}
"""The fields that clients count on; variants of other kinds are kept as they are."""


class _Template(msgspec.Struct, frozen=True):
    """What rendering needs of a stored template."""

    variables: str
    variants: dict[str, Fields]


_DECODER = msgspec.json.Decoder(_Template)
_VARIABLES = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True)
class Rendered:
    """A template with its places filled.

    Attributes:
        content_type: What kind of content it is, as the media of a message tells.
        text: JSON: `{"data": {…}}`.
    """

    content_type: str
    text: str


def check_template(
    field: str, value: object, *, limits: Limits, defaults: Mapping[str, object] = MappingProxyType({})
) -> Fields:
    """Check a template and complete it.

    Args:
        field: What it is called in refusals.
        value: Its members: `variants`, and where they are wanted `sid`, `friendly_name`, `variables` (an object, or
            its JSON), `account_sid`, `language`, `date_created` and `date_updated`, which are kept as they are.
        limits: For nesting.
        defaults: The members that it has unless it says otherwise.

    Raises:
        Refusal: 400, naming what is not right.
    """
    if not is_object(value):
        raise bad_request(field, "an object")
    check_known(value, _FIELDS, within=field)
    template: Fields = {**defaults, **value}
    template["sid"] = check_text(f"{field}.sid", template.get("sid"), length=_SID_LENGTH, least=1)
    template["friendly_name"] = check_text(
        f"{field}.friendly_name", template.get("friendly_name", template["sid"]), length=_NAME_LENGTH
    )
    variables = template.get("variables", {})
    if is_object(variables):
        variables = check_value(f"{field}.variables", variables, size=_VARIABLES_SIZE).decode()
    check_variables(f"{field}.variables", variables, limits)
    template["variables"] = variables
    _check_variants(f"{field}.variants", template.get("variants"))
    check_value(field, template, size=_TEMPLATE_SIZE)
    return template


def _check_variants(field: str, variants: object) -> None:
    """Check the variants of a template."""
    if not is_object(variants) or not variants:
        raise bad_request(field, "an object with at least one variant")
    for kind, fields in variants.items():
        if not _KIND.fullmatch(kind):
            raise bad_request(field, "an object whose names are kinds of content like twilio/text")
        if not is_object(fields):
            raise bad_request(f"{field}.{kind}", "an object")
        for name, check in _REQUIRED.get(kind, {}).items():
            if not check(fields.get(name)):
                raise bad_request(f"{field}.{kind}.{name}", "there, and of its kind")


def check_variables(field: str, value: object, limits: Limits) -> dict[str, str]:
    """Check variables: the JSON of an object from names to texts.

    Raises:
        Refusal: 400, naming the field and its limit.
    """
    text = check_size(field, value, size=_VARIABLES_SIZE)
    variables = check_json(field, text.encode(), limits)
    if not is_object(variables):
        raise bad_request(field, "the JSON of an object")
    checked: dict[str, str] = {}
    for name, each in variables.items():
        if not is_text(name) or not is_text(each):
            raise bad_request(field, "the JSON of an object from names to texts")
        checked[name] = each
    return checked


def render(template: bytes, values: Mapping[str, str]) -> Rendered:
    """Fill the places of a template's first variant.

    Args:
        template: The template as it is stored, checked.
        values: Values by name of variable, before the defaults.

    Raises:
        Refusal: 400: the message would be too large.
    """
    stored = _DECODER.decode(template)
    kind, fields = next(iter(stored.variants.items()))
    filled = _fill(fields, {**_VARIABLES.decode(stored.variables), **values})
    content = orjson.dumps({"data": filled})
    if len(content) > _RENDERED_SIZE:
        raise bad_request("content_variables", f"short enough for content of {_RENDERED_SIZE} bytes")
    return Rendered(_CONTENT_TYPE + kind.replace("/", "."), content.decode())


def _fill(value: object, values: Mapping[str, str]) -> object:
    """Fill the places in all texts of a JSON value, once: what a value brings along is not filled again."""
    if isinstance(value, str):
        return _PLACE.sub(lambda place: values.get(place[1], place[0]), value)
    if is_array(value):
        return [_fill(each, values) for each in value]
    if is_object(value):
        return {name: _fill(each, values) for name, each in value.items()}
    return value
