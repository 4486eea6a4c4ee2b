from __future__ import annotations

from datetime import UTC, datetime

from rxconvo.model import ContentDataOther, ContentDataText, ContentTemplateVariable
from rxconvo.model.templates import TemplateItem, read_template


def test_what_is_read_of_a_template() -> None:
    template = read_template(
        TemplateItem(
            "HX1",
            "greeting",
            '{"1": "world", "2": 5}',
            {"twilio/text": {"body": "hello {{1}}"}, "fax": {"ink": "black"}},
            "2026-01-31T12:00:00Z",
            "2026-01-31T13:00:00Z",
        )
    )
    assert (template.sid, template.friendly_name) == ("HX1", "greeting")
    assert template.variables == (ContentTemplateVariable("1", "world"), ContentTemplateVariable("2", "5"))
    text, other = template.variants["twilio/text"], template.variants["fax"]
    assert isinstance(text, ContentDataText)
    assert text.body == "hello {{1}}"
    assert isinstance(other, ContentDataOther)
    assert template.date_created == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert template.date_updated == datetime(2026, 1, 31, 13, tzinfo=UTC)


def test_what_is_left_out_or_malformed_is_empty() -> None:
    for variables in (None, "{", "[]", "5"):
        template = read_template(TemplateItem("HX1", variables=variables))
        assert (template.friendly_name, template.variables, template.variants) == ("", (), {})
        assert template.date_created is template.date_updated is None


def test_variants_are_made_for_each_reader() -> None:
    template = read_template(TemplateItem("HX1", variants={"twilio/text": {"body": "hi"}}))
    template.variants.clear()
    assert list(template.variants) == ["twilio/text"]
