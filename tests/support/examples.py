"""How many examples a property is tried with: some in every run of the tests, all of them in `make fuzz`."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

ALL = os.environ.get("EXAMPLES") == "all"


def examples(number: int, **more: Any) -> settings:
    """Return settings for so many examples, or for two fifths of them where not all are asked for."""
    return settings(max_examples=number if ALL else max(10, number * 2 // 5), **more)
