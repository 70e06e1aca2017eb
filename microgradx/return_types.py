"""The named tuples that functions with several results return: ``torch.return_types``, printed as there.

Example:
    >>> mgx.tensor([[1.0, 3.0, 2.0]]).max(dim=1)
    torch.return_types.max(
    values=tensor([3.]),
    indices=tensor([1]))
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

__all__ = [
    "geqrf",
    "histogram",
    "kthvalue",
    "linalg_eigh",
    "linalg_qr",
    "linalg_slogdet",
    "linalg_svd",
    "max",
    "median",
    "min",
    "sort",
    "svd",
    "topk",
]


def _shown(self: Any) -> str:
    fields = ",\n".join(f"{field}={value!r}" for field, value in zip(self._fields, self))
    return f"torch.return_types.{type(self).__name__}(\n{fields})"


def _results(name: str, fields: str) -> Any:
    """The named tuple of the function with this name."""
    kind = namedtuple(name, fields, module=__name__)  # type: ignore[misc]
    kind.__repr__ = _shown  # type: ignore[method-assign]
    return kind


geqrf = _results("geqrf", "a tau")
histogram = _results("histogram", "hist bin_edges")
kthvalue = _results("kthvalue", "values indices")
linalg_eigh = _results("linalg_eigh", "eigenvalues eigenvectors")
linalg_qr = _results("linalg_qr", "Q R")
linalg_slogdet = _results("linalg_slogdet", "sign logabsdet")
linalg_svd = _results("linalg_svd", "U S Vh")
max = _results("max", "values indices")
median = _results("median", "values indices")
min = _results("min", "values indices")
sort = _results("sort", "values indices")
svd = _results("svd", "U S V")
topk = _results("topk", "values indices")
