"""What a rule for an argument is, and the values that several rules share.

A rule is named after the argument it is about, as `Class.method(argument)`. A good value is one at the border of what
is allowed: the service must not mind it either.

Source: Errors, retries, validation (argument validation).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from rxconvo import SendMediaOptions
from rxconvo.model import limits
from tests.surface import values
from tests.surface.places import Place

Call: TypeAlias = Callable[[Place, Any], object]


@dataclass(frozen=True)
class Rule:
    """What one argument must be.

    Attributes:
        field: What the error names.
        call: Makes the call with a value.
        bad: Values that are refused, by what is wrong with them.
        good: Values that are not.
    """

    field: str
    call: Call
    bad: Mapping[str, Any]
    good: tuple[Any, ...]


NAME: Final = values.text(most=limits.MAX_NAME)
KEY: Final = values.text(least=1, most=limits.MAX_NAME)
IDENTITY: Final = values.text(least=1, most=limits.MAX_IDENTITY) | {"a control character": "a\nb"}
INDEX: Final = values.index(most=limits.MAX_INDEX)
SMALL_JSON: Final = values.json(limits.MAX_ATTRIBUTES)
LARGE_JSON: Final = values.json(limits.MAX_CONVERSATION_ATTRIBUTES)
GOOD_JSON: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1.5, 2**53, "", "é 😀", [], {}, {"a": [1, {"b": None}]}, ("a", "tuple")),
    values.nested(limits.MAX_DEPTH),
)
GOOD_SMALL_JSON: Final = (*GOOD_JSON, values.bytes_of_json(limits.MAX_ATTRIBUTES))
GOOD_LARGE_JSON: Final = (*GOOD_JSON, values.bytes_of_json(limits.MAX_CONVERSATION_ATTRIBUTES))
FILE: Final = SendMediaOptions("text/plain", "a note")
SIDS: Final = values.sequence(numbers=7, bytes=b"ME1", nothing="", halves="\ud800")
MEDIAS: Final = values.sequence(texts="ME1", numbers=7, options=FILE)
