# SPDX-License-Identifier: Apache-2.0
"""Reads a decision.json, and answers as the C++ library does: which strategy for which problem."""

import json
from bisect import bisect_left
from typing import Any, Callable, Dict, List, Optional, Tuple

FORMAT, VERSION = "arbiter-decision", 1
LOOK_UPS = ("exact", "nearest", "message_size", "floor_log2")
ITEM_BYTES = {"bfloat16": 2, "float16": 2, "float32": 4}
_ORDER = list(ITEM_BYTES)
_LARGEST = (1 << 63) - 1


class DecisionError(ValueError):
    """Which file and key, what was found, and what is allowed."""


class Decision:
    """The decision of one selector.

        decision = Decision.load("out/decision.json")
        decision.select(tp_size=2, dtype="bfloat16", fusion="NONE", hidden_size=4096, num_tokens=16)    # "ONESHOT"

    `machine` says what it was measured on, `setting` how.
    """

    def __init__(self, table: Dict[str, Any], machine: Dict[str, Any], setting: Dict[str, Any], name: str) -> None:
        self.table, self.machine, self.setting, self.name = table, machine, setting, name

    @classmethod
    def load(cls, file: str, selector: str = "") -> "Decision":
        """The first selector of the file, or the one that is named."""
        try:
            with open(file, encoding="utf-8", errors="replace") as opened:
                document = json.load(opened)
        except json.JSONDecodeError as error:
            raise DecisionError(f"{file}: allowed: JSON; found: {error}") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            found = document.get("format") if isinstance(document, dict) else document
            raise DecisionError(f'{file}: format: found {json.dumps(found)[:60]}; allowed: "{FORMAT}"')
        if document.get("version") != VERSION:
            raise DecisionError(f"{file}: version: found {document.get('version')}; allowed: {VERSION}")
        selectors = document.get("selectors") or []
        for each in selectors:
            if not selector or each["name"] == selector:
                table = each["table"]
                _check(f"{file}: selector {each['name']}", table)
                return cls(table, document.get("machine", {}), document.get("setting", {}), each["name"])
        names = ", ".join(each["name"] for each in selectors) or "none, the file has no selector"
        raise DecisionError(f"{file}: selectors: found no {selector or 'selector'}; allowed: {names}")

    def select(self, tp_size: int, dtype: str, fusion: str, hidden_size: int, num_tokens: int) -> str:
        """The strategy. A dtype without a decision of its own gets that of the dtype nearest in width."""
        if dtype not in ITEM_BYTES:
            raise DecisionError(f"dtype: found {dtype}; allowed: {', '.join(ITEM_BYTES)}")
        answer = None
        grid = _part_of(self.table["grids"], tp_size, dtype, fusion)
        if grid is not None:
            answer = _of_grid(grid, self.table["look_up"], max(hidden_size, 0), max(num_tokens, 0))
        else:
            steps = _part_of(self.table["steps"], tp_size, dtype, fusion)
            if steps is not None:
                answer = _of_steps(steps["steps"], _product(_product(num_tokens, hidden_size), ITEM_BYTES[dtype]))
        return self.table["fallback"] if answer is None else answer


def _check(where: str, table: Dict[str, Any]) -> None:
    for key in ("look_up", "fallback", "grids", "steps"):
        if key not in table:
            raise DecisionError(f"{where}: found no {key}")
    if table["look_up"] not in LOOK_UPS:
        raise DecisionError(f"{where}: look_up: found {table['look_up']}; allowed: {', '.join(LOOK_UPS)}")
    for grid in table["grids"]:
        rows, columns = len(grid["hidden_sizes"]), len(grid["num_tokens"])
        if len(grid["cells"]) != rows or any(len(row) != columns for row in grid["cells"]):
            raise DecisionError(f"{where}: cells: found another number than {rows} rows of {columns}")
        known = range(len(grid["strategies"]))
        if any(cell is not None and cell not in known for row in grid["cells"] for cell in row):
            raise DecisionError(f"{where}: cells: allowed: null, or 0 to {len(known) - 1}")


def _part_of(parts: List[Dict[str, Any]], tp_size: int, dtype: str, fusion: str) -> Optional[Dict[str, Any]]:
    def distance(part: Dict[str, Any]) -> Tuple[bool, int, int]:
        other = part["dtype"]
        width = abs(ITEM_BYTES[other] - ITEM_BYTES[dtype])
        return other != dtype, width, abs(_ORDER.index(other) - _ORDER.index(dtype))

    matching = [part for part in parts if part["tp_size"] == tp_size and part["fusion"] == fusion]
    return min(matching, key=distance, default=None)


def _product(a: int, b: int) -> int:
    return min(max(a, 0) * max(b, 0), _LARGEST)


def _from_nearest(axis: List[int], value: int, unit: int, visit: Callable[[int], Optional[str]]) -> Optional[str]:
    """Visits an axis from the nearest value (times `unit`) to the farthest, by logarithms; of two the smaller first."""
    above = bisect_left([_product(each, unit) for each in axis], value)
    below = above
    while below > 0 or above < len(axis):
        take_below = below > 0 and (
            above == len(axis) or value * value <= _product(axis[below - 1], unit) * _product(axis[above], unit)
        )
        if take_below:
            below -= 1
            answer = visit(below)
        else:
            answer = visit(above)
            above += 1
        if answer is not None:
            return answer
    return None


def _of_grid(grid: Dict[str, Any], look_up: str, hidden: int, tokens: int) -> Optional[str]:
    sizes, counts, cells = grid["hidden_sizes"], grid["num_tokens"], grid["cells"]

    def answer(row: int, column: int) -> Optional[str]:
        cell = cells[row][column]
        return None if cell is None else grid["strategies"][cell]

    if look_up in ("exact", "floor_log2"):
        if look_up == "floor_log2":
            hidden, tokens = _floor_log2(hidden), _floor_log2(tokens)
        return answer(sizes.index(hidden), counts.index(tokens)) if hidden in sizes and tokens in counts else None

    def of_row(row: int) -> Optional[str]:
        if look_up == "nearest":
            return _from_nearest(counts, tokens, 1, lambda column: answer(row, column))
        return _from_nearest(counts, _product(tokens, hidden), sizes[row], lambda column: answer(row, column))

    return _from_nearest(sizes, hidden, 1, of_row)


def _floor_log2(value: int) -> int:
    return 1 << (value.bit_length() - 1) if value > 0 else 0


def _of_steps(steps: List[List[Any]], size: int) -> Optional[str]:
    for last_byte, strategy in steps:
        if last_byte is None or size <= last_byte:
            return strategy
    return steps[-1][1] if steps else None
