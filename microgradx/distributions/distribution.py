"""What all distributions have in common: shapes, checks of parameters and values, and expansion."""

import warnings
from typing import Any

from microgradx.autograd import no_grad
from microgradx.distributions import constraints
from microgradx.distributions.utils import lazy_property
from microgradx.size import Size
from microgradx.tensor import Tensor

__all__ = ["Distribution"]


class _NotGiven:
    """An attribute that subclasses must define."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        raise NotImplementedError


class Distribution:
    """The base of all probability distributions.

    A sample has the shape ``sample_shape + batch_shape + event_shape``: ``sample_shape`` is asked for; ``batch_shape``
    is that of the parameters, one distribution for each; ``event_shape`` is that of one outcome, () for a number.

    Args:
        batch_shape, event_shape: Shapes, as above.
        validate_args: Whether to check parameters and values; by default what `set_default_validate_args` says.

    Attributes:
        arg_constraints: From the name of each parameter to the `constraints.Constraint` that it must satisfy.
        support: The constraint that outcomes satisfy.
        has_rsample: Whether ``rsample`` lets gradients flow to the parameters.
        has_enumerate_support: Whether ``enumerate_support`` lists the outcomes.

    Raises: ValueError: a parameter does not satisfy its constraint.
    Source: ``torch.distributions.Distribution``.
    """

    has_rsample: Any = False
    has_enumerate_support: Any = False
    arg_constraints: Any = _NotGiven()
    support: Any = _NotGiven()
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Choose whether distributions check their parameters and values, if they are not told.

        They do, unless Python runs with ``-O``.
        """
        if value not in (True, False):
            raise ValueError
        Distribution._validate_args = value

    def __init__(self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None) -> None:
        self._batch_shape = Size(batch_shape)
        self._event_shape = Size(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    def _validate_parameters(self) -> None:
        try:
            wanted = self.arg_constraints
        except NotImplementedError:
            warnings.warn(
                f"{self.__class__} does not define `arg_constraints`. Please set `arg_constraints = {{}}` or initialize "
                "the distribution with `validate_args=False` to turn off validation.",
                stacklevel=4,
            )
            return
        for name, constraint in wanted.items():
            derived = name not in self.__dict__ and isinstance(getattr(type(self), name), lazy_property)
            if derived or constraints.is_dependent(constraint):
                continue
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        """The same distribution for each place of a larger ``batch_shape``; parameters are expanded, not copied."""
        raise NotImplementedError

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """What ``expand`` fills: an empty object of this class, or the one that a subclass passes."""
        if _instance is None and type(self).__init__ != cls.__init__:  # type: ignore[misc]
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom __init__ method must also "
                "define a custom .expand() method."
            )
        return self.__new__(type(self)) if _instance is None else _instance

    def _expanded(self, cls: type, batch_shape: Any, _instance: Any) -> Any:
        """``expand`` of a class ``cls`` that holds nothing but its parameters."""
        new, batch_shape = self._get_checked_instance(cls, _instance), Size(batch_shape)
        for name in self.arg_constraints:
            if name in self.__dict__:
                value = self.__dict__[name]
                setattr(new, name, value.expand(batch_shape + value.shape[len(self._batch_shape) :]))
        return self._shaped(new, batch_shape)

    def _shaped(self, new: Any, batch_shape: Any) -> Any:
        """Finish what ``expand`` returns."""
        Distribution.__init__(new, batch_shape, self._event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    @property
    def batch_shape(self) -> Size:
        """The shape over which there are parameters."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one outcome."""
        return self._event_shape

    @property
    def mean(self) -> Any:
        """The expected value."""
        raise NotImplementedError

    @property
    def mode(self) -> Any:
        """The most probable value."""
        raise NotImplementedError(f"{self.__class__} does not implement mode")

    @property
    def variance(self) -> Any:
        """The expected square of the distance to the mean."""
        raise NotImplementedError

    @property
    def stddev(self) -> Any:
        """The standard deviation, the root of the variance."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Any = ()) -> Any:
        """Outcomes of the shape ``sample_shape + batch_shape + event_shape``; constants, without a gradient."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """As ``sample``, but computed from the parameters, so that gradients flow back to them."""
        raise NotImplementedError

    def sample_n(self, n: int) -> Any:
        """``n`` outcomes of each distribution; deprecated in PyTorch."""
        warnings.warn(
            "`sample_n(n)` will be deprecated. Use `sample((n,))` instead.", category=FutureWarning, stacklevel=2
        )
        return self.sample((n,))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability, or of the density, of ``value``.

        Raises: ValueError: ``value`` is not in the support, or its shape does not fit.
        """
        raise NotImplementedError

    def cdf(self, value: Any) -> Any:
        """The probability of an outcome that is at most ``value``."""
        raise NotImplementedError

    def icdf(self, value: Any) -> Any:
        """The outcome that is exceeded with probability ``1 - value``: the inverse of ``cdf``."""
        raise NotImplementedError

    def enumerate_support(self, expand: bool = True) -> Any:
        """All outcomes of a discrete distribution, along a new first dimension.

        Args:
            expand: Whether to repeat them over the batch; otherwise the batch dimensions have size 1.
        """
        raise NotImplementedError

    def entropy(self) -> Any:
        """The expected value of ``-log_prob``, in nats."""
        raise NotImplementedError

    def perplexity(self) -> Any:
        """``exp(entropy)``: of how many equally likely outcomes the entropy would be."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Any = ()) -> Size:
        return Size(sample_shape) + self._batch_shape + self._event_shape

    def _check(self, value: Any) -> None:
        """Validate a value, if that is wanted."""
        if self._validate_args:
            self._validate_sample(value)

    def _validate_sample(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        shape, wanted = Size(value.shape), self._batch_shape + self._event_shape
        if shape[len(shape) - len(self._event_shape) :] != self._event_shape:
            raise ValueError(f"The right-most size of value must match event_shape: {shape} vs {self._event_shape}.")
        if any(n != m and 1 not in (n, m) for n, m in zip(reversed(shape), reversed(wanted))):
            raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {shape} vs {wanted}.")
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(
                f"{self.__class__} does not define `support` to enable sample validation. Please initialize the "
                "distribution with `validate_args=False` to turn off validation.",
                stacklevel=4,
            )
            return
        if not support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(shape)}) to be within the support "
                f"({support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        given = {name: self.__dict__[name] for name in self.arg_constraints if name in self.__dict__}
        shown = [f"{name}: {p if p.numel() == 1 else p.size()}" for name, p in given.items()]
        return f"{type(self).__name__}({', '.join(shown)})"
