"""The files of the page: all of them come with the package, and none refers to one that does not."""

from __future__ import annotations

import re

from rxconvo.integrations.dashboard.assets import load_assets

REFERENCES = re.compile(
    r"""(?:(?:href|src)="/assets/|from "\./|import "\./|import\("\./|url\("?(?:/assets/|\./)?)([\w.-]+)"""
)


def test_the_page_and_all_that_it_refers_to_are_there() -> None:
    assets = load_assets()
    assert "index.html" in assets
    named = {name for asset in assets.values() for name in REFERENCES.findall(asset.content.decode())} - {"data"}
    assert len(named) > 5
    assert named <= assets.keys()


def test_each_kind_of_file_has_its_type() -> None:
    types = {name.rpartition(".")[2]: asset.content_type for name, asset in load_assets().items()}
    assert types == {
        "css": "text/css; charset=utf-8",
        "html": "text/html; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }


def test_the_page_holds_nothing_that_its_policy_forbids() -> None:
    page = load_assets()["index.html"].content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style\b|\bstyle=|\bon\w+=|https?://(?!www\.w3\.org/)", page)
