"""What all transforms have in common."""

from collections.abc import Callable
from typing import Any

from microgradx.distributions import constraints

__all__ = ["Fixed", "Transform", "need_dimensions"]


class Transform:
    """A function y = f(x) of tensors. A subclass gives ``_call``, ``_inverse`` and ``log_abs_det_jacobian``.

    Args:
        cache_size: 1 to remember the last x and y: the inverse of that very y then is that very x, exactly and with its
            graph. Otherwise 0.

    Attributes:
        bijective: Whether each y comes from one x.
        domain, codomain: The constraints that x and y satisfy.
        sign: Of functions of numbers: 1 if f rises, -1 if it falls.

    Raises: ValueError: ``cache_size`` is neither 0 nor 1.
    Source: ``torch.distributions.transforms.Transform``.

    Example:
        >>> from microgradx.distributions.transforms import ExpTransform
        >>> f = ExpTransform()
        >>> x = mgx.tensor([0.0, 1.0])
        >>> f(x), f.log_abs_det_jacobian(x, f(x)), f.inv(mgx.tensor(1.0))
        (tensor([1.0000, 2.7183]), tensor([0., 1.]), tensor(0.))
    """

    bijective: Any = False
    domain: Any
    codomain: Any

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError("cache_size must be 0 or 1")
        self._cache_size = cache_size
        self._cached_x_y: tuple[Any, Any] = (None, None)
        self._inv: Any = None

    @property
    def event_dim(self) -> Any:
        """How many of the last dimensions f mixes."""
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError("Please use either .domain.event_dim or .codomain.event_dim")
        return self.domain.event_dim

    @property
    def inv(self) -> Any:
        """The inverse, as a transform."""
        if self._inv is None:
            self._inv = _InverseTransform(self)
        return self._inv

    @property
    def sign(self) -> Any:
        raise NotImplementedError

    def with_cache(self, cache_size: int = 1) -> Any:
        """The same transform with another ``cache_size``."""
        if self._cache_size == cache_size:
            return self
        if type(self).__init__ is Transform.__init__:
            return type(self)(cache_size=cache_size)
        raise NotImplementedError(f"{type(self)}.with_cache is not implemented")

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __call__(self, x: Any) -> Any:
        return self._through_cache(x, 0, self._call)

    def _inv_call(self, y: Any) -> Any:
        return self._through_cache(y, 1, self._inverse)

    def _through_cache(self, value: Any, side: int, compute: Callable[[Any], Any]) -> Any:
        if self._cache_size and value is self._cached_x_y[side]:
            return self._cached_x_y[1 - side]
        result = compute(value)
        if self._cache_size:
            self._cached_x_y = (result, value) if side else (value, result)
        return result

    def _call(self, x: Any) -> Any:
        raise NotImplementedError

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """``log |det ∂y/∂x|``, given both x and y = f(x)."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def forward_shape(self, shape: Any) -> Any:
        """The shape of y, for x of this shape."""
        return shape

    def inverse_shape(self, shape: Any) -> Any:
        """The shape of x, for y of this shape."""
        return shape


class _InverseTransform(Transform):
    """The inverse of ``transform``; made by `Transform.inv`."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(cache_size=transform._cache_size)
        self._inv = transform

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        return self._inv.codomain

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        return self._inv.domain

    @property
    def bijective(self) -> Any:
        return self._inv.bijective

    @property
    def sign(self) -> Any:
        return self._inv.sign

    def with_cache(self, cache_size: int = 1) -> Any:
        return self._inv.with_cache(cache_size).inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _InverseTransform) and bool(self._inv == other._inv)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"_InverseTransform({self._inv!r})"

    def __call__(self, x: Any) -> Any:
        return self._inv._inv_call(x)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Any) -> Any:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Any) -> Any:
        return self._inv.forward_shape(shape)


def need_dimensions(shape: Any, dims: int) -> None:
    """Raise PyTorch's error if a shape has fewer dimensions."""
    if len(shape) < dims:
        raise ValueError("Too few dimensions on input")


class Fixed(Transform):
    """A transform without parameters: all of a class are equal."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self))

    __hash__ = None  # type: ignore[assignment]
