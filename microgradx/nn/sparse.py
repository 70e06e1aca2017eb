"""Tables of learned vectors: Embedding, and EmbeddingBag for several at once."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import empty
from microgradx.nn import functional as F
from microgradx.nn import init
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]


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


class EmbeddingBag(Module):
    """An `Embedding`, and of each bag of vectors the sum, the mean or the maximum, without all vectors being kept.

    Args:
        num_embeddings: How many vectors.
        embedding_dim: How long they are.
        max_norm: Vectors that are looked up are shortened, in place, to at most this norm.
        norm_type: Which p-norm that is.
        scale_grad_by_freq: Divide the gradient of each vector by how often it was looked up.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        sparse: Accepted; the gradient is dense all the same.
        include_last_offset: The last of the offsets is no beginning, but the end of the last bag.
        padding_idx: The number that does not count; its vector is zero and stays so.
        device: The CPU, under any of its names.
        dtype: Of the vectors; by default the default dtype.

    Shape:
        integers (B, n), or (n) and offsets (B) -> (B, embedding_dim)

    Raises: AssertionError: ``padding_idx`` or the given weights do not fit.
    Source: ``torch.nn.EmbeddingBag``, with the same initial values for the same seed.

    Example:
        >>> bag = mgx.nn.EmbeddingBag(10, 3, mode="sum")
        >>> bag(mgx.tensor([1, 2, 4, 5]), offsets=mgx.tensor([0, 1])).shape
        torch.Size([2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError("padding_idx must be within num_embeddings")
            padding_idx %= num_embeddings
        self.padding_idx = padding_idx
        if _weight is None:
            self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device, dtype=dtype))
            self.reset_parameters()
        else:
            if tuple(_weight.shape) != (num_embeddings, embedding_dim):
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(_weight)
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> "EmbeddingBag":
        """An EmbeddingBag of the vectors that are the rows of ``embeddings``.

        Args:
            embeddings: A matrix.
            freeze: Whether to leave them untrained.
            The others: As for the class.

        Example:
            >>> mgx.nn.EmbeddingBag.from_pretrained(mgx.eye(3))(mgx.tensor([[1, 0]]))
            tensor([[0.5000, 0.5000, 0.0000]])
        """
        if embeddings.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, columns = embeddings.shape
        bag = cls(
            rows, columns, max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings, include_last_offset,
            padding_idx,
        )  # fmt: skip
        bag.weight.requires_grad = not freeze
        return bag

    def reset_parameters(self) -> None:
        """Draw new initial values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode, self.sparse,
            per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, usual in (("max_norm", None), ("norm_type", 2), ("scale_grad_by_freq", False)):
            if (value := getattr(self, name)) != usual:
                text += f", {name}={value}"
        return (
            text
            + f", mode={self.mode!r}"
            + (f", padding_idx={self.padding_idx}" if self.padding_idx is not None else "")
        )
