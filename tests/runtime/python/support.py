# SPDX-License-Identifier: Apache-2.0
"""A libarbiter_runtime that stands in for the real one, and what it says."""

import contextlib
import importlib.util
import os
import tempfile
from typing import Iterator, List


def has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


@contextlib.contextmanager
def said() -> Iterator[List[str]]:
    """The lines that the library wrote to standard output, which Python's own does not see."""
    lines: List[str] = []
    with tempfile.TemporaryFile() as file:
        kept = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            yield lines
        finally:
            os.dup2(kept, 1)
            os.close(kept)
            file.seek(0)
            lines.extend(file.read().decode().splitlines())
