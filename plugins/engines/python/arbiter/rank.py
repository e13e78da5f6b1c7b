# SPDX-License-Identifier: Apache-2.0
"""`python -m arbiter.rank <libarbiter_rank.so> <runner arguments>`: this interpreter is a rank of a run.

The runner starts it in its own place, before MPI starts (core/runner/become_interpreter.cpp). All of a rank's work is in
the library; this hands it the bridge through which strategies call Python.
"""

import ctypes
import glob
import os
import signal
import sys
import traceback
from typing import Dict, List

from arbiter import bridge


# Packages bring these under the names of the system's, and whichever is loaded first serves the whole process. The
# engine's must: it may need a newer one than Arbiter does.
SHARED_LIBRARIES = ("libcudart.so.*", "libnvJitLink.so.*", "libcublasLt.so.*", "libcublas.so.*", "libnccl.so.*")


def libraries_of_packages(folders: List[str]) -> List[str]:
    """Those in the packages of NVIDIA, each after what it needs; of several of one name the first."""
    found: Dict[str, str] = {}
    for pattern in SHARED_LIBRARIES:
        for folder in folders:
            for path in sorted(glob.glob(os.path.join(glob.escape(folder), "nvidia", "*", "lib", pattern))):
                found.setdefault(os.path.basename(path), path)
    return list(found.values())


def load_libraries_of_packages() -> None:
    for path in libraries_of_packages(sys.path):
        try:
            ctypes.CDLL(path)
        except OSError as error:  # the engine says so when it needs it
            sys.stderr.write(f"{path} cannot be loaded: {error}\n")


def run(library: str, arguments: List[str]) -> int:
    # Python would only note an interrupt, and look at it when the library returns.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # What adapters print is to be seen at once, and in the order of what the library prints.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    load_libraries_of_packages()
    # Open MPI's components look for its symbols among those of the whole process.
    rank = ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
    rank.arbiter_set_python_bridge.restype = None
    rank.arbiter_set_python_bridge(bridge.make(os.environ.get("ARBITER_PYTHON", sys.executable)))
    words = [os.fsencode(word) for word in ["runner", *arguments]]
    argv = (ctypes.c_char_p * (len(words) + 1))(*words, None)
    return int(rank.arbiter_rank_main(len(words), argv))


def main() -> None:
    code = 1
    try:
        code = run(sys.argv[1], sys.argv[2:])
    except BaseException:  # SystemExit of an import too: nothing above ends this process otherwise
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, OSError, ValueError):  # there is none, it is full, or somebody closed it
                pass
        # Threads and exit handlers of what was imported can neither delay the end nor change the code.
        os._exit(code)


if __name__ == "__main__":
    if not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # the current folder
    main()
