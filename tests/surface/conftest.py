"""What is asserted beside the tests themselves is told as well where it fails."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.surface.acts", "tests.surface.stage")
