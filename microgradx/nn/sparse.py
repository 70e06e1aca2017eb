"""Embedding: a table of learned vectors."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import empty
from microgradx.nn import functional as F
from microgradx.nn import init
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter

__all__ = ["Embedding"]


class Embedding(Module):
    """A table of learned vectors, one for each number from 0 to ``num_embeddings - 1``.

    Args:
        num_embeddings: How many vectors.
        embedding_dim: How long they are.
        padding_idx: The number whose vector is zero and stays so.
        max_norm: Vectors that are looked up are shortened, in place, to at most this norm.
        norm_type: Which p-norm that is.
        scale_grad_by_freq: Divide the gradient of each vector by how often it was looked up.
        sparse: Accepted; the gradient is dense all the same.
        device: The CPU, under any of its names.
        dtype: Of the vectors; by default the default dtype.

    Shape:
        integers (...) -> (..., embedding_dim)

    Source: ``torch.nn.Embedding``, with the same initial values for the same seed.

    Example:
        >>> mgx.nn.Embedding(10, 3)(mgx.tensor([[1, 2], [4, 9]])).shape
        torch.Size([2, 2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError("Padding_idx must be within num_embeddings")
            padding_idx %= num_embeddings
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = padding_idx
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        if _weight is None:
            weight = empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
            self.weight = Parameter(weight, requires_grad=not _freeze)
            self.reset_parameters()
        else:
            if tuple(_weight.shape) != (num_embeddings, embedding_dim):
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(_weight, requires_grad=not _freeze)

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, **options: Any) -> "Embedding":
        """An Embedding of the vectors that are the rows of ``embeddings``.

        Args:
            embeddings: A matrix.
            freeze: Whether to leave them untrained.
            **options: ``padding_idx`` and those that follow it.

        Example:
            >>> mgx.nn.Embedding.from_pretrained(mgx.eye(3))(mgx.tensor([1]))
            tensor([[0., 1., 0.]])
        """
        if embeddings.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, columns = embeddings.shape
        return cls(rows, columns, _weight=embeddings, _freeze=freeze, **options)

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Any) -> Any:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, usual in (("padding_idx", None), ("max_norm", None), ("norm_type", 2), ("scale_grad_by_freq", False)):
            if (value := getattr(self, name)) != usual:
                text += f", {name}={value}"
        return text + (", sparse=True" if self.sparse else "")
