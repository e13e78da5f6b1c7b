# SPDX-License-Identifier: Apache-2.0
"""What the adapters of installed engines share: their options, and engines that may not be there."""

import sys
from typing import Any, Dict, Mapping, Optional, Tuple

from arbiter.adapter import Adapter, Problem


class EngineAdapter(Adapter):
    engine = ""  # its name, for people
    written_for = ""  # the versions whose calls and constants the adapter relies on
    choices: Mapping[str, Tuple[str, ...]] = {}  # the options and their values; the first is the default
    numbers: Mapping[str, float] = {}  # options that are positive numbers, and their defaults

    def __init__(self, options: Dict[str, str]) -> None:
        super().__init__(options)
        self.chosen = {name: values[0] for name, values in self.choices.items()}
        self.values = dict(self.numbers)
        for name, value in options.items():
            if name in self.choices:
                self.chosen[name] = self._choice(name, value)
            elif name in self.numbers:
                self.values[name] = self._number(name, value)
            else:
                known = ", ".join([*self.choices, *self.numbers]) or "none"
                raise ValueError(f"options: found {name}; allowed: {known}")
        self._engine: Any = None
        self._missing: Optional[str] = None
        self._looked = False

    def _choice(self, name: str, value: str) -> str:
        if value not in self.choices[name]:
            raise ValueError(f"{name}: found {value}; allowed: {', '.join(self.choices[name])}")
        return value

    def _number(self, name: str, value: str) -> float:
        try:
            number = float(value)
        except ValueError:
            number = 0.0
        if not 0.0 < number < float("inf"):
            raise ValueError(f"{name}: found {value}; allowed: a number above 0")
        return number

    def load(self) -> Any:
        """Imports the engine and returns what run() calls of it. Raises if a package or a symbol is missing."""
        raise NotImplementedError

    def limit(self, problem: Problem) -> Optional[str]:
        """Why the engine's operation cannot do the problem; not whether the engine is there."""
        return None

    def missing(self) -> Optional[str]:
        """Why the engine cannot be used, in one line. Looked up once, because a failed import may take seconds."""
        if not self._looked:
            self._looked = True
            try:
                self._engine = self.load()
            except Exception as error:  # engines raise anything while they are imported
                said = " ".join(str(error).split())[:300]
                self._missing = (
                    f"{self.engine} cannot be loaded in {sys.executable}: {type(error).__name__}: {said}; "
                    f"the adapter is for {self.written_for}"
                )
        return self._missing

    def loaded(self) -> Any:
        reason = self.missing()
        if reason is not None:
            raise RuntimeError(reason)
        return self._engine

    def supports(self, problem: Problem) -> Optional[str]:
        return self.missing() or self.limit(problem)

    def gpu(self, device: Optional[int]) -> int:
        """The device of prepare(), for engines that have no other."""
        if device is None:
            raise RuntimeError(f"{self.engine} runs on GPUs only")
        return device


def one_of(value: Any, allowed: Tuple[Any, ...], what: str) -> Optional[str]:
    """None if `value` is allowed, else why not."""
    if value in allowed:
        return None
    return f"{what}: found {value}; allowed: {', '.join(str(each) for each in allowed)}"
