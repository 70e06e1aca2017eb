"""Dropout: in training, set elements to zero at random and enlarge the others to make up for it."""

from typing import Any

from microgradx.nn import functional as F
from microgradx.nn.module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _Dropout(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """In training, each element becomes 0 with probability ``p``, and the others are divided by ``1 - p``.

    Args:
        p: Probability that an element is dropped.
        inplace: Write the result into the input.

    Raises: ValueError: ``p`` is not from 0 to 1.
    Source: ``torch.nn.Dropout``; the mask is drawn with the same numbers.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.nn.Dropout(0.5)(mgx.ones(6))
        tensor([0., 0., 2., 0., 0., 0.])
    """

    def forward(self, input: Any) -> Any:
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """Dropout of whole channels of an input (N, C, L) or (C, L). Source: ``torch.nn.Dropout1d``."""

    def forward(self, input: Any) -> Any:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """Dropout of whole channels of an input (N, C, H, W). Source: ``torch.nn.Dropout2d``."""

    def forward(self, input: Any) -> Any:
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """Dropout of whole channels of an input (N, C, D, H, W). Source: ``torch.nn.Dropout3d``."""

    def forward(self, input: Any) -> Any:
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout behind `SELU`: mean and variance stay as they are; see `microgradx.nn.functional.alpha_dropout`.

    As in PyTorch, ``inplace`` is accepted and not used.

    Source: ``torch.nn.AlphaDropout``; the mask is drawn with the same numbers.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> mgx.nn.AlphaDropout(0.5)(mgx.ones(4))
        tensor([-0.7792, -0.7792,  1.6656, -0.7792])
    """

    def forward(self, input: Any) -> Any:
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels of an input (N, C, ...). Source: ``torch.nn.FeatureAlphaDropout``."""

    def forward(self, input: Any) -> Any:
        return F.feature_alpha_dropout(input, self.p, self.training)
