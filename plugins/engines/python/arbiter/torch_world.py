# SPDX-License-Identifier: Apache-2.0
"""torch.distributed for the one tp group of a process, and what adapters of torch engines share.

Written against torch 2.14. Importing this module does not import torch.
"""

import atexit
import contextlib
import os
import socket
from datetime import timedelta
from typing import Any, Callable, ContextManager, Dict, List, Optional

from arbiter.adapter import Bindings, Group

TIMEOUT = timedelta(seconds=120)  # of torch's own waits for a rank; the group's are the run's timeout_ms
MULTICAST_SWITCH = "TORCH_SYMM_MEM_DISABLE_MULTICAST"  # read by torch when it makes symmetric memory
_TEXT_BYTES = 512

_world: Optional["World"] = None
_multicast_allowed = False


def together(group: Group, step: Callable[[], Any]) -> Any:
    """Collective. Runs `step` on every rank and returns its result; if it failed on one, all raise the first's text.

    So no rank goes on to wait for one that gave up. A rank that does not come is TimeoutError, at once.
    """
    result, text, cause = None, "", None
    try:
        result = step()
    except TimeoutError:
        raise
    except Exception as error:  # the others must learn of any
        cause = error
        text = " ".join(f"{type(error).__name__}: {error}".split()) or type(error).__name__
    told = text.encode("utf-8", "replace")[:_TEXT_BYTES].decode("utf-8", "ignore").encode("utf-8")
    for rank, data in enumerate(group.all_gather(told.ljust(_TEXT_BYTES, b"\0"))):
        said = data.rstrip(b"\0").decode("utf-8", "replace")
        if said:
            raise RuntimeError(f"rank {rank}: {said}") from cause
    return result


def allow_multicast() -> None:
    """Lets torch map symmetric memory for NVLink multicast. To be called before the world is joined."""
    global _multicast_allowed
    _multicast_allowed = True


class World:
    """The ranks as torch knows them."""

    def __init__(self, rank: int, size: int, device: Optional[int], store: Any) -> None:
        self.rank = rank
        self.size = size
        self.device = device  # the CUDA ordinal; None on the host
        self.store = store
        self.host_group: Any = None  # a ProcessGroup of gloo alone, which engines ask for
        self._streams: Dict[int, Any] = {}

    def torch_device(self) -> Any:
        import torch

        return torch.device("cpu") if self.device is None else torch.device("cuda", self.device)

    def on_stream(self, stream: int) -> ContextManager[Any]:
        """torch's current stream is `stream`, a cudaStream_t, inside the block. Nothing to do on the host."""
        if self.device is None:
            return contextlib.nullcontext()
        import torch

        known = self._streams.get(stream)
        if known is None:
            known = self._streams[stream] = torch.cuda.ExternalStream(stream, device=self.torch_device())
        return torch.cuda.stream(known)

    def barrier(self) -> None:
        """Collective, of torch's ranks: also waits for what this rank has enqueued."""
        import torch

        if self.device is not None:
            torch.cuda.synchronize(self.device)
        torch.distributed.barrier(group=self.host_group)


def join(group: Group, device: Optional[int]) -> World:
    """Collective. The world of this process, made by the first call. Fails on every rank or on none."""
    global _world
    if _world is not None:
        if (_world.rank, _world.size, _world.device) != (group.rank, group.size, device):
            raise RuntimeError(
                f"this process is rank {_world.rank} of {_world.size} on device {_world.device} to torch; "
                f"asked for rank {group.rank} of {group.size} on device {device}: a process has one tp group"
            )
        return _world
    together(group, lambda: _prepare_torch(device))
    hosts = _host_names(group)
    server = together(group, lambda: _serve(group, hosts) if group.rank == 0 else None)
    address = group.broadcast(f"{server.host}:{server.port}".encode() if server is not None else b"").decode()
    store = together(group, lambda: server if server is not None else _connect(address, group.size))
    world = World(group.rank, group.size, device, store)
    together(group, lambda: _start(world))
    _world = world
    atexit.register(leave)
    return world


def leave() -> None:
    """Takes the world down: at exit, and in tests. The ranks need not call it together."""
    global _world
    if _world is None:
        return
    _world = None
    import torch

    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def dtype_of(name: str) -> Any:
    """torch's dtype of a message dtype."""
    import torch

    return {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}[name]


def kept(name: str, make: Callable[[Bindings], Any]) -> Callable[[Bindings], Any]:
    """`make`, called once per bindings: for views of their memory."""

    def of(bindings: Bindings) -> Any:
        found = bindings.state.get(name)
        if found is None:
            found = bindings.state[name] = make(bindings)
        return found

    return of


def _prepare_torch(device: Optional[int]) -> None:
    import torch

    if not torch.distributed.is_available():
        raise RuntimeError(f"torch {torch.__version__} was built without torch.distributed")
    if torch.distributed.is_initialized():
        raise RuntimeError("torch.distributed is initialized already, not by Arbiter")
    if device is None:
        return
    if not torch.cuda.is_available():
        raise RuntimeError(f"torch {torch.__version__} sees no GPU")
    if not _multicast_allowed:
        os.environ.setdefault(MULTICAST_SWITCH, "1")
    torch.cuda.set_device(device)
    torch.zeros(1, device=f"cuda:{device}")  # torch's own start-up, never inside a capture


def _host_names(group: Group) -> List[str]:
    own = socket.gethostname().encode("utf-8", "replace")[:_TEXT_BYTES]
    return [data.rstrip(b"\0").decode("utf-8", "replace") for data in group.all_gather(own.ljust(_TEXT_BYTES, b"\0"))]


def _serve(group: Group, hosts: List[str]) -> Any:
    from torch.distributed import TCPStore

    one_host = len(set(hosts)) == 1
    host = "127.0.0.1" if one_host else hosts[0]
    return TCPStore(host, 0, group.size, is_master=True, timeout=TIMEOUT, wait_for_workers=False)


def _connect(address: str, size: int) -> Any:
    from torch.distributed import TCPStore

    host, port = address.rsplit(":", 1)
    return TCPStore(host, int(port), size, is_master=False, timeout=TIMEOUT, wait_for_workers=False)


def _start(world: World) -> None:
    import torch
    from torch import distributed

    if world.store.host == "127.0.0.1" and os.path.isdir("/sys/class/net/lo"):
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # otherwise gloo resolves the host's name, which may fail
    if world.device is None:
        backend, bound = "gloo", None
    else:
        backend, bound = "cpu:gloo,cuda:nccl", torch.device("cuda", world.device)
    distributed.init_process_group(
        backend, store=world.store, rank=world.rank, world_size=world.size, timeout=TIMEOUT, device_id=bound
    )
    world.host_group = distributed.new_group(ranks=list(range(world.size)), backend="gloo", timeout=TIMEOUT)
