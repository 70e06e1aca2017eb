"""Mixtures: first a component is drawn, then a value from it."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.distributions import constraints
from microgradx.distributions.categorical import Categorical
from microgradx.distributions.distribution import Distribution
from microgradx.size import Size

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """A mixture of the distributions along the last batch dimension of ``component_distribution``.

    Args:
        mixture_distribution: A `Categorical`: how likely each component is.
        component_distribution: The components, a distribution with a batch.
        validate_args: As for `Distribution`.

    Raises: ValueError: the arguments are no such distributions, or there are not as many weights as components.
    Source: ``torch.distributions.MixtureSameFamily``, the same samples for the same seed; there, the weights must have the
        whole batch shape if samples are drawn.

    Example:
        >>> from microgradx.distributions import Categorical, Normal
        >>> weights, peaks = Categorical(mgx.tensor([0.5, 0.5])), Normal(mgx.tensor([-1.0, 1.0]), 0.1)
        >>> two = MixtureSameFamily(weights, peaks)
        >>> two.mean, two.log_prob(mgx.tensor([-1.0, 0.0])).round(decimals=2)
        (tensor(0.), tensor([  0.6900, -48.6200]))
    """

    arg_constraints: Any = {}

    def __init__(
        self, mixture_distribution: Any, component_distribution: Any, validate_args: bool | None = None
    ) -> None:
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(" The Mixture distribution needs to be an  instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution needs to be an instance of torch.distributions.Distribution")
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        if not component_distribution.batch_shape:
            raise ValueError(
                "The Component distribution needs a batch: one distribution for each weight of the mixture"
            )
        *outer, components = component_distribution.batch_shape
        batch_shape, weights = Size(outer), mixture_distribution.batch_shape
        if any(n != m and 1 not in (n, m) for n, m in zip(reversed(weights), reversed(batch_shape))):
            raise ValueError(
                f"`mixture_distribution.batch_shape` ({weights}) is not compatible with "
                f"`component_distribution.batch_shape`({batch_shape})"
            )
        self._num_component = mixture_distribution.logits.shape[-1]
        if self._num_component != components:
            raise ValueError(
                f"`mixture_distribution component` ({self._num_component}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({components})"
            )
        super().__init__(batch_shape, component_distribution.event_shape, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new, batch_shape = self._get_checked_instance(MixtureSameFamily, _instance), Size(batch_shape)
        new._component_distribution = self._component_distribution.expand((*batch_shape, self._num_component))
        new._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        new._num_component = self._num_component
        return self._shaped(new, batch_shape)

    @constraints.dependent_property()
    def support(self) -> Any:
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    @property
    def mixture_distribution(self) -> Any:
        """How likely each component is."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        """The components."""
        return self._component_distribution

    def _weighted(self, of_components: Any) -> Any:
        """The mean over the components of what has a value for each of their events."""
        events = len(self._event_shape)
        weights = self._mixture_distribution.probs
        return (weights.reshape(*weights.shape, *[1] * events) * of_components).sum(-1 - events)

    def _pad(self, value: Any) -> Any:
        return value.unsqueeze(-1 - len(self._event_shape))

    @property
    def mean(self) -> Any:
        return self._weighted(self._component_distribution.mean)

    @property
    def variance(self) -> Any:
        """The mean of the variances, and the variance of the means."""
        component = self._component_distribution
        return self._weighted(component.variance) + self._weighted((component.mean - self._pad(self.mean)) ** 2)

    def cdf(self, value: Any) -> Any:
        return (self._component_distribution.cdf(self._pad(value)) * self._mixture_distribution.probs).sum(-1)

    def log_prob(self, value: Any) -> Any:
        self._check(value)
        each = self._component_distribution.log_prob(self._pad(value))
        return (each + self._mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            chosen = self._mixture_distribution.expand(self._batch_shape).sample(sample_shape)
            values = self._component_distribution.sample(sample_shape)
            place = len(Size(sample_shape)) + len(self._batch_shape)  # the dimension of the components
            shape = (*values.shape[:place], 1, *self._event_shape)
            ones = [1] * (1 + len(self._event_shape))
            return values.gather(place, chosen.reshape(*chosen.shape, *ones).expand(shape)).squeeze(place)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self._mixture_distribution},\n  {self._component_distribution})"
