"""How the documentation is built: `sphinx-build -W docs docs/_build`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

import rxconvo

project = "rxconvo"
author = "rxconvo contributors"
copyright = author  # noqa: A001 - what Sphinx calls it
release = version = rxconvo.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "docstrings"]
exclude_patterns = ["_build"]
default_role = "py:obj"  # what stands in backticks in a docstring links to what it names, where that is documented
highlight_language = "text"  # a diagram of marbles is no program

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_class_signature = "mixed"
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_type_aliases = {"JSON": "JSON", "JSONInput": "JSONInput", "Identity": "Identity", "Sid": "Sid"}
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
add_module_names = False

html_theme = "furo"
html_title = "rxconvo"
html_static_path = ["_static"]
html_css_files = ["rxconvo.css"]
html_copy_source = False
