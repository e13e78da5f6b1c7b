# SPDX-License-Identifier: Apache-2.0
"""What the strategy PYTHON calls, as functions that C++ can call: the ctypes side of arbiter/python_bridge.hpp."""

import ctypes
import importlib
import importlib.util
import json
import os
import re
import sys
import traceback
from ctypes import CFUNCTYPE, POINTER, c_char, c_char_p, c_int, c_int64, c_size_t, c_uint32, c_void_p
from importlib import metadata
from typing import Any, Callable, Dict, List, Optional, Set, Tuple

from arbiter.adapter import Adapter, Bindings, Group, Problem, Tensor

VERSION = 1
DONE, FAILED, TIMED_OUT = 0, 1, 2

_Text = POINTER(c_char)  # a buffer to write to
_GatherFunction = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_size_t, _Text, c_size_t)


class _Group(ctypes.Structure):
    _fields_ = [("context", c_void_p), ("rank", c_int64), ("size", c_int64), ("all_gather", _GatherFunction)]


_CallFunction = CFUNCTYPE(c_int, c_char_p, _Text, c_size_t)
_PrepareFunction = CFUNCTYPE(c_int, c_char_p, POINTER(_Group), _Text, c_size_t)
_RunFunction = CFUNCTYPE(c_int, c_int64, c_void_p, POINTER(c_void_p), c_void_p, _Text, c_size_t)


class _Bridge(ctypes.Structure):
    _fields_ = [
        ("version", c_uint32),
        ("interpreter", c_char_p),
        ("call", _CallFunction),
        ("prepare", _PrepareFunction),
        ("run", _RunFunction),
    ]


def _write(buffer: Any, room: int, text: str) -> None:
    cut = text.encode("utf-8", "replace")[: room - 1].decode("utf-8", "ignore")  # whole characters
    data = cut.encode("utf-8")
    ctypes.memmove(buffer, data + b"\0", len(data) + 1)


def _in_words(error: BaseException) -> str:
    """ "ValueError: found three (my_adapter.py, line 12)": the place is where the adapter was."""
    said = "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()
    text = said[-1] if said else type(error).__name__
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
    if not frames:
        return text
    return f"{text} ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})"


def _load_class(name: str) -> Any:
    if name.endswith(".py"):
        path = os.path.abspath(name)
        spec = importlib.util.spec_from_file_location("arbiter_adapter_" + re.sub(r"\W", "_", path), path)
        if spec is None or spec.loader is None or not os.path.isfile(path):
            raise ValueError(f"adapter: found {name}; allowed: a .py file that exists")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        if not name.isidentifier() or importlib.util.find_spec("arbiter.adapters." + name) is None:
            raise ValueError(f"adapter: found {name}; allowed: {', '.join(_shipped())}, or the path of a .py file")
        module = importlib.import_module("arbiter.adapters." + name)
    found = getattr(module, "Adapter", None)
    if not (isinstance(found, type) and issubclass(found, Adapter) and found is not Adapter):
        raise ValueError(f"{name} defines no class Adapter that derives from arbiter.Adapter")
    return found


def _shipped() -> List[str]:
    from arbiter import adapters

    files = [file for folder in adapters.__path__ for file in os.listdir(folder)]
    return sorted(file[:-3] for file in files if file.endswith(".py") and not file.startswith("_"))


def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


class _Operation:
    """What an adapter prepared for one problem, and the bindings it has run with."""

    def __init__(self, problem: Problem, device: Optional[int], tensors: List[Dict[str, Any]]) -> None:
        self.problem = problem
        self.device = device
        self.tensors = tensors
        self.run: Callable[[Bindings, int], None] = lambda bindings, stream: None
        self.bindings: Dict[Tuple[int, ...], Bindings] = {}
        self.group: Any = None

    def bindings_at(self, addresses: Tuple[int, ...]) -> Bindings:
        found = self.bindings.get(addresses)
        if found is None:
            message = Tensor("input", self.problem.dtype, self.problem.shape, addresses[0], self.device)
            tensors = {
                spec["name"]: self._tensor(spec, address) for spec, address in zip(self.tensors, addresses[1:])
            }
            found = self.bindings[addresses] = Bindings(message, tensors)
        return found

    def _tensor(self, spec: Dict[str, Any], address: int) -> Tensor:
        units = spec["units"]
        shape = self.problem.shape if units == self.problem.elements else (units,)
        return Tensor(spec["name"], spec["dtype"], shape, address, self.device)


class _Python:
    """The adapters and operations of this process, by the numbers that C++ knows them by."""

    def __init__(self) -> None:
        self._next = 1
        self._adapters: Dict[int, Adapter] = {}
        self._operations: Dict[int, _Operation] = {}

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def create(self, request: Dict[str, Any]) -> Dict[str, Any]:
        adapter = _load_class(request["adapter"])(dict(request["options"]))
        number = self._number()
        self._adapters[number] = adapter
        versions = {package: _version_of(package) for package in adapter.packages}
        return {"adapter": number, "accumulation": adapter.accumulation, "versions": versions}

    def supports(self, request: Dict[str, Any]) -> Dict[str, Any]:
        reason = self._adapters[request["adapter"]].supports(Problem(**request["problem"]))
        return {"reason": "" if reason is None else str(reason) or "it gives no reason"}

    def fuses(self, request: Dict[str, Any]) -> Dict[str, Any]:
        return {"fuses": bool(self._adapters[request["adapter"]].fuses(request["fusion"]))}

    def release(self, request: Dict[str, Any]) -> Dict[str, Any]:
        self._operations.pop(request.get("operation", 0), None)
        self._adapters.pop(request.get("adapter", 0), None)
        return {}

    def call(self, request: Dict[str, Any]) -> Dict[str, Any]:
        calls = {"create": self.create, "supports": self.supports, "fuses": self.fuses, "release": self.release}
        return calls[request["call"]](request)

    def prepare(self, request: Dict[str, Any], raw: Any) -> Dict[str, Any]:
        adapter = self._adapters[request["adapter"]]
        problem = Problem(**request["problem"])
        operation = _Operation(problem, request["device"], request["tensors"])
        operation.run = adapter.prepare(problem, _group(raw), request["device"])
        if not callable(operation.run):
            raise TypeError(f"prepare() returned {operation.run!r}; allowed: a function run(bindings, stream)")
        number = self._number()
        self._operations[number] = operation
        return {"operation": number}

    def run(self, number: int, message: int, tensors: Any, stream: Optional[int]) -> None:
        operation = self._operations[number]
        addresses = (message, *(tensors[i] for i in range(len(operation.tensors))))
        operation.run(operation.bindings_at(addresses), stream or 0)


def _group(raw: Any) -> Group:
    """The ranks of a prepared operation; C++ keeps `raw` as long as that."""
    context, rank, size, function = raw.context, raw.rank, raw.size, raw.all_gather
    error = ctypes.create_string_buffer(1024)

    def all_gather(data: bytes) -> List[bytes]:
        out = ctypes.create_string_buffer(max(1, len(data) * size))
        status = function(context, data, ctypes.addressof(out), len(data), error, len(error))
        if status == TIMED_OUT:
            raise TimeoutError(error.value.decode("utf-8", "replace"))
        if status != DONE:
            raise RuntimeError(error.value.decode("utf-8", "replace"))
        return [out.raw[i * len(data) : (i + 1) * len(data)] for i in range(size)]

    return Group(rank, size, all_gather)


_logged: Set[str] = set()


def _log(text: str) -> None:
    """Once: a fault in run() comes with every cell."""
    if text in _logged:
        return
    _logged.add(text)
    sys.stderr.write(text)
    sys.stderr.flush()


def _status_of(work: Callable[[], str], buffer: Any, room: int) -> int:
    """Nothing that Python raises may pass through C++: it becomes a status, a line for the row and a traceback in the
    log."""
    try:
        text = work()
        if len(text.encode("utf-8")) >= room:
            raise RuntimeError(f"the reply has {len(text)} characters; allowed: fewer than {room}")
        _write(buffer, room, text)
        return DONE
    except BaseException as error:  # also SystemExit and KeyboardInterrupt
        _write(buffer, room, _in_words(error))
        if isinstance(error, TimeoutError):
            return TIMED_OUT
        _log("".join(traceback.format_exception(type(error), error, error.__traceback__)))
        return FAILED


_kept: List[Any] = []  # what C++ points to


def make(interpreter: str) -> Any:
    """A pointer to the bridge of this process, for arbiter_set_python_bridge()."""
    python = _Python()

    @_CallFunction
    def call(request: bytes, reply: Any, room: int) -> int:
        return _status_of(lambda: json.dumps(python.call(json.loads(request))), reply, room)

    @_PrepareFunction
    def prepare(request: bytes, group: Any, reply: Any, room: int) -> int:
        return _status_of(lambda: json.dumps(python.prepare(json.loads(request), group.contents)), reply, room)

    @_RunFunction
    def run(operation: int, message: int, tensors: Any, stream: Optional[int], error: Any, room: int) -> int:
        try:
            python.run(operation, message, tensors, stream)
            return DONE
        except BaseException as raised:

            def again() -> str:
                raise raised

            return _status_of(again, error, room)

    bridge = _Bridge(VERSION, interpreter.encode(), call, prepare, run)
    _kept.extend([bridge, call, prepare, run])
    return ctypes.pointer(bridge)
