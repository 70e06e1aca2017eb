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

FIELDS = {
    "geqrf": "a tau",
    "histogram": "hist bin_edges",
    "kthvalue": "values indices",
    "linalg_eigh": "eigenvalues eigenvectors",
    "linalg_qr": "Q R",
    "linalg_slogdet": "sign logabsdet",
    "linalg_svd": "U S Vh",
    "max": "values indices",
    "median": "values indices",
    "min": "values indices",
    "sort": "values indices",
    "svd": "U S V",
    "topk": "values indices",
}


def _shown(self: Any) -> str:
    fields = ",\n".join(f"{field}={value!r}" for field, value in zip(self._fields, self))
    return f"torch.return_types.{type(self).__name__}(\n{fields})"


def __getattr__(name: str) -> Any:
    """The named tuple of the function with this name, made when it is first asked for: to make them takes a while."""
    if name not in FIELDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    kind = globals()[name] = namedtuple(name, FIELDS[name], module=__name__)
    kind.__repr__ = _shown  # type: ignore[method-assign]
    return kind
