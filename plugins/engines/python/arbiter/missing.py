# SPDX-License-Identifier: Apache-2.0
"""What adapters need and this interpreter has not, for plans: nothing is imported, and adapters are read as text."""

import ast
import importlib.util
import os
import sys
from typing import List, Optional, Sequence


def _file_of(adapter: str) -> Optional[str]:
    if adapter.endswith(".py"):
        return adapter if os.path.isfile(adapter) else None
    file = os.path.join(os.path.dirname(os.path.abspath(__file__)), "adapters", adapter + ".py")
    return file if adapter.isidentifier() and os.path.isfile(file) else None


def _modules_of(source: str) -> List[str]:
    """`modules` of the class Adapter; none where it is no plain tuple or list of texts."""
    for item in ast.parse(source).body:
        if not isinstance(item, ast.ClassDef) or item.name != "Adapter":
            continue
        for line in item.body:
            names = [target.id for target in getattr(line, "targets", []) if isinstance(target, ast.Name)]
            if isinstance(line, ast.Assign) and "modules" in names:
                return [str(name) for name in ast.literal_eval(line.value)]
    return []


def missing_for(adapter: str) -> Optional[str]:
    """What is missing, in a few words; None if nothing is, as far as the adapter says what it needs."""
    file = _file_of(adapter)
    if file is None:
        return f"adapter {adapter}"
    try:
        with open(file, encoding="utf-8") as opened:
            modules = _modules_of(opened.read())
        missing = [name for name in modules if importlib.util.find_spec(name) is None]
    except (ImportError, SyntaxError, ValueError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return ", ".join(missing) or None


def main(adapters: Sequence[str]) -> None:
    for number, adapter in enumerate(adapters):
        missing = missing_for(adapter)
        if missing is not None:
            print("arbiter-misses", number, " ".join(missing.split()))
    sys.stdout.flush()
