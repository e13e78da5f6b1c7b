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
    """`modules` of the class Adapter; none where it has no such line. ValueError for what is no tuple or list of texts."""
    for item in ast.parse(source).body:
        if not isinstance(item, ast.ClassDef) or item.name != "Adapter":
            continue
        for line in item.body:
            targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            if "modules" not in names or getattr(line, "value", None) is None:
                continue
            modules = ast.literal_eval(line.value)
            if not isinstance(modules, (tuple, list)) or not all(isinstance(name, str) and name for name in modules):
                raise ValueError(f"modules = {ast.unparse(line.value)}, allowed: names as texts, ('torch',)")
            return list(modules)
    return []


def missing_for(adapter: str) -> Optional[str]:
    """What is missing, in a few words; None if nothing is, as far as the adapter says what it needs."""
    file = _file_of(adapter)
    if file is None:
        return f"adapter {adapter}"
    try:
        with open(file, encoding="utf-8") as opened:
            modules = _modules_of(opened.read())
        # Of "a.b" only a: to look for b, Python would import a.
        missing = [name for name in modules if importlib.util.find_spec(name.split(".")[0]) is None]
    except Exception as error:  # whatever is wrong with one adapter, the others are looked at
        return f"{type(error).__name__}: {error}"
    return ", ".join(missing) or None


def main(adapters: Sequence[str]) -> None:
    for number, adapter in enumerate(adapters):
        missing = missing_for(adapter)
        if missing is not None:
            print("arbiter-misses", number, " ".join(missing.split()))
    sys.stdout.flush()
