"""Where a model runs. Nothing here loads CTranslate2 before it is asked to."""

import ctypes
import importlib.util
import os
from pathlib import Path
from typing import Literal

Device = Literal["cpu", "cuda"]

COMPUTE_TYPES: dict[Device, str] = {"cpu": "int8", "cuda": "float16"}
# Spans decoded together. On a CPU more gain little, and make the text of others wait; 16 fill a GPU.
BATCH_SIZES: dict[Device, int] = {"cpu": 6, "cuda": 16}
# In the order of their dependence on each other.
CUDA_LIBRARIES = (
    ("nvidia.cublas", "libcublasLt.so.12"),
    ("nvidia.cublas", "libcublas.so.12"),
    ("nvidia.cudnn", "libcudnn.so.9"),
)


def choose(wanted: str) -> Device:
    """Return the device for "auto", "cpu" or "cuda"."""
    if wanted == "auto":
        if not _has_gpu_node():
            return "cpu"
        import ctranslate2

        return "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
    return "cuda" if wanted == "cuda" else "cpu"


def _has_gpu_node() -> bool:
    """Whether there may be an NVIDIA GPU: a cheap look, so that the web process need not load CTranslate2."""
    return any(Path("/dev").glob("nvidia[0-9]*")) or Path("/dev/dxg").exists()  # dxg: WSL


def preload_cuda() -> None:
    """Load NVIDIA's libraries from their pip packages, where CTranslate2 does not look by itself."""
    for package, library in CUDA_LIBRARIES:
        spec = importlib.util.find_spec(package) if importlib.util.find_spec("nvidia") else None
        for folder in spec.submodule_search_locations or () if spec else ():
            path = Path(folder) / "lib" / library
            if path.exists():
                ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)


def cpu_threads() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1
