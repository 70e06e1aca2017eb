"""The older names of `microgradx.amp`, for the GPU that is not there: ``torch.cuda.amp``."""

from typing import Any

from microgradx import amp

__all__ = ["GradScaler", "autocast"]


class autocast(amp.autocast):
    """`microgradx.amp.autocast` for ``"cuda"``."""

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool | None = None) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`microgradx.amp.GradScaler` for ``"cuda"``."""

    def __init__(self, init_scale: float = 65536.0, *, enabled: bool = True, **options: Any) -> None:
        super().__init__("cuda", enabled=enabled)
