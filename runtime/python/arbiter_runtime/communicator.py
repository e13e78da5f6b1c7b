# SPDX-License-Identifier: Apache-2.0
"""A communicator of libarbiter_runtime, over device addresses."""

import ctypes
import itertools
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from arbiter_runtime import library as c

GatherBytes = Callable[[bytes], List[bytes]]  # gives the bytes of all ranks, in rank order


class Error(RuntimeError):
    """What the library refused or failed at, in its words. `status` is the name of its arbiter_status."""

    def __init__(self, status: str, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status


class Choice(NamedTuple):
    path: str
    reason: str
    launches: int
    blocks: int
    status: str


_numbers = itertools.count(1)
_known: Dict[int, "Communicator"] = {}
_lock = threading.Lock()


def by_handle(handle: int) -> "Communicator":
    """The communicator that a handle names: an operation in a traced graph has a number, not an object."""
    try:
        return _known[handle]
    except KeyError:
        raise ValueError(f"comm: found {handle}; allowed: the handle of a communicator that is not destroyed") from None


class Communicator:
    """Collective to make, to reserve(), and with the same calls on all ranks. One thread at a time.

    `all_gather` gives the bytes of every rank, in rank order. `decision` is the path of a decision.json, by default that
    of the environment variable ARBITER_DECISION, or else the built-in one. `concurrent` is how many communicators of a
    GPU have operations in flight at the same time: 1 where all are on one stream, and faster then.
    """

    def __init__(
        self,
        rank: int,
        size: int,
        device: int,
        all_gather: GatherBytes,
        *,
        decision: Optional[str] = None,
        nccl_library: Optional[str] = None,
        nccl_comm: Optional[int] = None,
        timeout_ms: int = 0,
        max_workspace_bytes: int = 0,
        concurrent: int = 0,
    ) -> None:
        self.rank, self.size, self.device = rank, size, device
        self._comm = ctypes.c_void_p()
        self._library = c.load()
        self._failure: Optional[BaseException] = None
        self._callback = c.AllGather(self._gathering(all_gather))  # lives as long as the communicator
        options = c.sized(c.CommOptions)
        options.rank, options.size, options.device = rank, size, device
        options.all_gather = self._callback
        options.nccl_comm = nccl_comm
        options.nccl_library = nccl_library.encode() if nccl_library is not None else None
        options.decision_path = decision.encode() if decision is not None else None
        options.timeout_ms = timeout_ms
        options.max_workspace_bytes = max_workspace_bytes
        options.concurrent_communicators = concurrent
        self._check(self._library.arbiter_comm_create(ctypes.byref(self._comm), ctypes.byref(options)))
        self.handle = next(_numbers)
        with _lock:
            _known[self.handle] = self

    def _gathering(self, all_gather: GatherBytes) -> Callable[..., int]:
        def gather(_context: Any, send: int, receive: int, count: int) -> int:
            try:
                parts = all_gather(ctypes.string_at(send, count))
                if [len(part) for part in parts] != [count] * self.size:
                    raise ValueError(f"all_gather: found {[len(part) for part in parts]} bytes; allowed: {count} per rank")
                ctypes.memmove(receive, b"".join(parts), count * self.size)
                return 0
            except BaseException as error:  # an exception cannot pass through C
                self._failure = error
                return 1

        return gather

    def _check(self, status: int) -> None:
        if status == 0:
            return
        failure, self._failure = self._failure, None
        name = self._library.arbiter_status_name(status).decode()
        raise Error(name, self._library.arbiter_last_error().decode(errors="replace")) from failure

    def reserve(self, largest_message_bytes: int) -> None:
        """Collective, and not while a stream is captured: all that is slow. Larger messages go in chunks or to NCCL."""
        self._check(self._library.arbiter_comm_reserve(self._comm, largest_message_bytes))

    def operation(self, dtype: str, fusion: str, num_tokens: int, hidden_size: int, **tensors: Any) -> Any:
        """The structure of one AllReduce; `tensors` are its other members. hidden_size 0: a message without rows."""
        made = c.sized(c.Operation)
        made.dtype, made.fusion = c.DTYPES[dtype], c.FUSIONS[fusion]
        made.num_tokens, made.hidden_size = num_tokens, hidden_size
        made.epsilon = 1e-5
        for name, value in tensors.items():
            setattr(made, name, value)
        return made

    def all_reduce(self, operation: Any, stream: int) -> None:
        """Enqueues an operation on a CUDA stream. Local, and capturable."""
        self._check(self._library.arbiter_all_reduce(self._comm, ctypes.byref(operation), stream))

    def takes(self, operation: Any) -> bool:
        """Whether a kernel of Arbiter's would run it, not NCCL. The same on all ranks."""
        path = self._library.arbiter_path_of(self._comm, ctypes.byref(operation))
        return path in (c.PATH_ONESHOT, c.PATH_TWOSHOT)

    def explain(self, operation: Any) -> Choice:
        """What would run, and why."""
        choice = c.sized(c.Choice)
        self._check(self._library.arbiter_explain(self._comm, ctypes.byref(operation), ctypes.byref(choice)))
        return Choice(
            self._library.arbiter_path_name(choice.path).decode(),
            choice.reason.decode(errors="replace"),
            choice.launches,
            choice.blocks,
            self._library.arbiter_status_name(choice.status).decode(),
        )

    def info(self) -> Dict[str, Any]:
        """The members of arbiter_comm_info by name: ranks, memory, the decision, whether there are kernels or why not."""
        info = c.sized(c.CommInfo)
        self._check(self._library.arbiter_comm_get_info(self._comm, ctypes.byref(info)))
        values = {name: getattr(info, name) for name, _ in c.CommInfo._fields_ if name != "struct_size"}
        return {name: v.decode(errors="replace") if isinstance(v, bytes) else v for name, v in values.items()}

    def check(self) -> None:
        """Raises what broke the communicator, such as a rank that ended. Any thread may call it."""
        self._check(self._library.arbiter_comm_async_error(self._comm))

    def destroy(self) -> None:
        """Waits for this rank's operations and frees everything. Not collective. Again: nothing."""
        with _lock:
            _known.pop(self.handle, None)
        comm, self._comm = self._comm, ctypes.c_void_p()
        if comm:
            self._check(self._library.arbiter_comm_destroy(comm))

    def __enter__(self) -> "Communicator":
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.destroy()
