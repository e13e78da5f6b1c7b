#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads a selector from a decision.json and asks it, with nothing but Python's own library.

    ask.py decision.json lut 2 bfloat16 RESIDUAL_RMS_NORM 4096 1 64 1024

The answers are those of arbiter::DecisionTable::select(), for every shape.
"""
import bisect
import json
import sys

BYTES = {"bfloat16": 2, "float16": 2, "float32": 4}
DTYPES = list(BYTES)


class Selector:
    def __init__(self, file, name=""):
        """The selector of that name, or the first one."""
        with open(file, encoding="utf-8") as stream:
            decision = json.load(stream)
        if decision.get("format") != "arbiter-decision" or decision.get("version") != 1:
            raise ValueError(f"{file}: allowed: format arbiter-decision, version 1")
        selectors = {selector["name"]: selector for selector in decision["selectors"]}
        name = name or next(iter(selectors))
        if name not in selectors:
            raise ValueError(f"{file}: found no selector {name}; allowed: {', '.join(selectors)}")
        self.table = selectors[name]["table"]

    def select(self, tp_size, dtype, fusion, hidden_size, num_tokens):
        """The name of the strategy for one problem."""
        grid = _part(self.table["grids"], tp_size, dtype, fusion)
        if grid is not None:
            answer = _grid_answer(grid, self.table["look_up"], hidden_size, num_tokens)
        else:
            steps = _part(self.table["steps"], tp_size, dtype, fusion)
            answer = None if steps is None else _step_answer(steps["steps"], num_tokens * hidden_size * BYTES[dtype])
        return self.table["fallback"] if answer is None else answer


def _part(parts, tp_size, dtype, fusion):
    """The grid or the steps of a tp size and a fusion; of several dtypes those of the nearest width."""

    def distance(part):
        other = part["dtype"]
        width = abs(BYTES[other] - BYTES[dtype])
        return (other != dtype, width, abs(DTYPES.index(other) - DTYPES.index(dtype)))

    fitting = [part for part in parts if part["tp_size"] == tp_size and part["fusion"] == fusion]
    return min(fitting, key=distance, default=None)


def _nearest_first(axis, value):
    """The indices of an ascending axis, the nearest value first; distances are between logarithms."""
    above = bisect.bisect_left(axis, value)
    below = above - 1
    while below >= 0 or above < len(axis):
        # log(value / low) <= log(high / value), without rounding
        if below >= 0 and (above == len(axis) or value * value <= axis[below] * axis[above]):
            yield below
            below -= 1
        else:
            yield above
            above += 1


def _grid_answer(grid, look_up, hidden_size, num_tokens):
    """None where no cell answers."""
    hidden_sizes, tokens = grid["hidden_sizes"], grid["num_tokens"]

    def answer(row, column):
        cell = grid["cells"][row][column]
        return None if cell is None else grid["strategies"][cell]

    if look_up in ("exact", "floor_log2"):
        if look_up == "floor_log2":
            hidden_size, num_tokens = (1 << n.bit_length() >> 1 for n in (hidden_size, num_tokens))
        if hidden_size not in hidden_sizes or num_tokens not in tokens:
            return None
        return answer(hidden_sizes.index(hidden_size), tokens.index(num_tokens))
    for row in _nearest_first(hidden_sizes, hidden_size):
        axis, value = tokens, num_tokens
        if look_up == "message_size":
            axis, value = [n * hidden_sizes[row] for n in tokens], num_tokens * hidden_size
        for column in _nearest_first(axis, value):
            if (found := answer(row, column)) is not None:
                return found
    return None


def _step_answer(steps, message_bytes):
    """The first step whose last byte is not below the message's; the last one answers for all larger."""
    for last_byte, strategy in steps:
        if last_byte is None or message_bytes <= last_byte:
            return strategy
    return steps[-1][1]


def main(arguments):
    if len(arguments) < 7:
        print("ask.py decision.json SELECTOR TP_SIZE DTYPE FUSION HIDDEN_SIZE NUM_TOKENS...", file=sys.stderr)
        return 2
    file, name, tp_size, dtype, fusion, hidden_size, *tokens = arguments
    try:
        selector = Selector(file, name)
        for num_tokens in tokens:
            print(num_tokens, selector.select(int(tp_size), dtype, fusion, int(hidden_size), int(num_tokens)))
    except (OSError, ValueError, KeyError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
