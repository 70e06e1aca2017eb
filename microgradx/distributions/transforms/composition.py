"""Transforms made of others."""

import functools
import operator
from collections.abc import Sequence
from typing import Any

from microgradx.creation import zeros_like
from microgradx.distributions import constraints
from microgradx.distributions.transforms.transform import Transform, need_dimensions
from microgradx.distributions.utils import sum_rightmost
from microgradx.ops.shape import cat, stack

__all__ = ["CatTransform", "ComposeTransform", "IndependentTransform", "StackTransform", "identity_transform"]


class ComposeTransform(Transform):
    """One transform after the other.

    Args:
        parts: The transforms, the one that is applied first in front.
        cache_size: As for `Transform`, for all parts.

    Source: ``torch.distributions.transforms.ComposeTransform``.

    Example:
        >>> from microgradx.distributions.transforms import AffineTransform, ComposeTransform, ExpTransform
        >>> f = ComposeTransform([AffineTransform(1.0, 2.0), ExpTransform()])
        >>> f(mgx.tensor(0.0)), f.inv(mgx.tensor(1.0))
        (tensor(2.7183), tensor(-0.5000))
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = None  # type: ignore[assignment]

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        return self._end("domain", "codomain", self.parts)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        return self._end("codomain", "domain", self.parts[::-1])

    @staticmethod
    def _end(near: str, far: str, parts: Sequence[Transform]) -> Any:
        """The constraint ``near`` of the first of the parts, for events that are large enough for all of them."""
        if not parts:
            return constraints.real
        dims = getattr(parts[-1], far).event_dim
        for part in reversed(parts):
            inside, outside = getattr(part, near).event_dim, getattr(part, far).event_dim
            dims = max(dims + inside - outside, inside)
        end = getattr(parts[0], near)
        return constraints.independent(end, dims - end.event_dim) if dims > end.event_dim else end

    @property
    def bijective(self) -> Any:
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        return functools.reduce(operator.mul, (part.sign for part in self.parts), 1)

    @property
    def inv(self) -> Any:
        if self._inv is None:
            self._inv = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._inv._inv = self
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Any:
        return self if self._cache_size == cache_size else ComposeTransform(self.parts, cache_size)

    def __call__(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        if not self.parts:
            return zeros_like(x)
        terms, dims = [], self.domain.event_dim
        for i, part in enumerate(self.parts):
            after = y if i == len(self.parts) - 1 else part(x)
            terms.append(sum_rightmost(part.log_abs_det_jacobian(x, after), dims - part.domain.event_dim))
            dims += part.codomain.event_dim - part.domain.event_dim
            x = after
        return functools.reduce(operator.add, terms)

    def forward_shape(self, shape: Any) -> Any:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return shape

    def __repr__(self) -> str:
        return "ComposeTransform(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """A transform of numbers as one of vectors (or more): the determinants along the last dimensions multiply.

    Args:
        base_transform: Any transform.
        reinterpreted_batch_ndims: How many dimensions become part of an event.
        cache_size: As for `Transform`.

    Source: ``torch.distributions.transforms.IndependentTransform``.
    """

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return IndependentTransform(self.base_transform, self.reinterpreted_batch_ndims, cache_size=cache_size)

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> Any:
        return self.base_transform.bijective

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def _call(self, x: Any) -> Any:
        need_dimensions(x.shape, self.domain.event_dim)
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        need_dimensions(y.shape, self.codomain.event_dim)
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"IndependentTransform({self.base_transform!r}, {self.reinterpreted_batch_ndims})"

    def forward_shape(self, shape: Any) -> Any:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self.base_transform.inverse_shape(shape)


class _Parts(Transform):
    """One transform for each part of a tensor along a dimension."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        if not all(isinstance(t, Transform) for t in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        super().__init__(cache_size=cache_size)
        self.transforms = [t.with_cache(cache_size) for t in tseq] if cache_size else list(tseq)
        self.dim = dim

    @property
    def bijective(self) -> Any:
        return all(t.bijective for t in self.transforms)

    def _split(self, value: Any, length: int) -> None:
        """Raise PyTorch's errors if the tensor does not have the parts."""
        if not -value.dim() <= self.dim < value.dim():
            raise AssertionError(f"dim {self.dim} out of range for tensor with {value.dim()} dimensions")
        if value.shape[self.dim] != length:
            raise AssertionError(
                f"x.size({self.dim}) = {value.shape[self.dim]} must equal {self._length_name} {length}"
            )

    _length_name = "length"


class CatTransform(_Parts):
    """One transform for each stretch of a tensor, as `cat` joins them.

    Args:
        tseq: The transforms.
        dim: The dimension that is divided.
        lengths: How long each part is; by default 1.
        cache_size: As for `Transform`.

    Source: ``torch.distributions.transforms.CatTransform``.
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, lengths: Any = None, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})")

    @property
    def event_dim(self) -> Any:
        return max(t.event_dim for t in self.transforms)

    @property
    def length(self) -> int:
        """The length of the whole."""
        return sum(self.lengths)

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    def _parts(self, value: Any) -> Any:
        self._split(value, self.length)
        return zip(self.transforms, value.split(self.lengths, self.dim))

    def _call(self, x: Any) -> Any:
        return cat([t(part) for t, part in self._parts(x)], self.dim)

    def _inverse(self, y: Any) -> Any:
        return cat([t.inv(part) for t, part in self._parts(y)], self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        terms = [
            sum_rightmost(t.log_abs_det_jacobian(a, b), self.event_dim - t.event_dim)
            for (t, a), (_, b) in zip(self._parts(x), self._parts(y))
        ]
        dim = (self.dim - x.dim() if self.dim >= 0 else self.dim) + self.event_dim
        return cat(terms, dim) if dim < 0 else functools.reduce(operator.add, terms)

    @constraints.dependent_property()
    def domain(self) -> Any:
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property()
    def codomain(self) -> Any:
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)


class StackTransform(_Parts):
    """One transform for each slice of a tensor, as `stack` joins them.

    Args:
        tseq: The transforms.
        dim: The dimension along which they follow one another.
        cache_size: As for `Transform`.

    Source: ``torch.distributions.transforms.StackTransform``.
    """

    _length_name = "len(transforms)"

    def with_cache(self, cache_size: int = 1) -> Any:
        return self if self._cache_size == cache_size else StackTransform(self.transforms, self.dim, cache_size)

    def _parts(self, value: Any) -> Any:
        self._split(value, len(self.transforms))
        return zip(self.transforms, value.unbind(self.dim))

    def _call(self, x: Any) -> Any:
        return stack([t(part) for t, part in self._parts(x)], self.dim)

    def _inverse(self, y: Any) -> Any:
        return stack([t.inv(part) for t, part in self._parts(y)], self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        pairs = zip(self._parts(x), self._parts(y))
        return stack([t.log_abs_det_jacobian(a, b) for (t, a), (_, b) in pairs], self.dim)

    @constraints.dependent_property()
    def domain(self) -> Any:
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @constraints.dependent_property()
    def codomain(self) -> Any:
        return constraints.stack([t.codomain for t in self.transforms], self.dim)
