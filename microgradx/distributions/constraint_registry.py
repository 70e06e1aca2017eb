"""Which transform leads from all numbers to a constrained region, for optimisation where it is not constrained."""

from collections.abc import Callable
from typing import Any

from microgradx.distributions import constraints, transforms

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]

Factory = Callable[[Any], transforms.Transform]


class ConstraintRegistry:
    """From constraints to transforms onto them; `biject_to` and `transform_to` are the two of the package.

    Called with a constraint it returns the transform.

    Raises: NotImplementedError: there is none for constraints of this class.
    Source: ``torch.distributions.constraint_registry.ConstraintRegistry``.

    Example:
        A probability, found by an optimiser that knows no bounds:

        >>> from microgradx.distributions import constraints, transform_to
        >>> to_probability = transform_to(constraints.unit_interval)
        >>> x = mgx.tensor(0.0, requires_grad=True)
        >>> to_probability(x)
        tensor(0.5000, grad_fn=<ClampBackward1>)
    """

    def __init__(self) -> None:
        self._factories: dict[type, Factory] = {}

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Say which transform belongs to the class of ``constraint``; without ``factory``, a decorator of it.

        Raises: TypeError: ``constraint`` is neither a constraint nor a class of them.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = type(constraint) if isinstance(constraint, constraints.Constraint) else constraint
        if not (isinstance(kind, type) and issubclass(kind, constraints.Constraint)):
            raise TypeError(f"Expected constraint to be either a Constraint subclass or instance, but got {constraint}")
        self._factories[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> Any:
        factory = self._factories.get(type(constraint))
        if factory is None:
            raise NotImplementedError(f"Cannot transform {type(constraint).__name__} constraints")
        return factory(constraint)


biject_to = ConstraintRegistry()
"""One number for each degree of freedom: the transforms are bijective."""
transform_to = ConstraintRegistry()
"""Transforms that are convenient for optimisers, but perhaps not bijective."""


def _above(constraint: Any) -> transforms.Transform:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.lower_bound, 1)]
    )


def _below(constraint: Any) -> transforms.Transform:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.upper_bound, -1)]
    )


def _between(constraint: Any) -> transforms.Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if all(isinstance(bound, (int, float)) for bound in (low, high)) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform([transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)])


def _register_common(registry: ConstraintRegistry) -> None:
    """What the two registries share."""

    def each(constraint: Any) -> list[transforms.Transform]:
        return [registry(c) for c in constraint.cseq]

    registry.register(constraints.real, lambda c: transforms.identity_transform)
    registry.register(constraints.greater_than, _above)
    registry.register(constraints.greater_than_eq, _above)
    registry.register(constraints.less_than, _below)
    registry.register(constraints.interval, _between)
    registry.register(constraints.half_open_interval, _between)
    registry.register(constraints.corr_cholesky, lambda c: transforms.CorrCholeskyTransform())
    registry.register(
        constraints.independent,
        lambda c: transforms.IndependentTransform(registry(c.base_constraint), c.reinterpreted_batch_ndims),
    )
    registry.register(constraints.cat, lambda c: transforms.CatTransform(each(c), c.dim, c.lengths))
    registry.register(constraints.stack, lambda c: transforms.StackTransform(each(c), c.dim))


_register_common(biject_to)
_register_common(transform_to)
biject_to.register(constraints.simplex, lambda c: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda c: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda c: transforms.LowerCholeskyTransform())
transform_to.register(constraints.positive_definite, lambda c: transforms.PositiveDefiniteTransform())
transform_to.register(constraints.positive_semidefinite, lambda c: transforms.PositiveDefiniteTransform())
