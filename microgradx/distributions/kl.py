"""The Kullback-Leibler divergence: which formula belongs to which pair of distributions, and the formulas."""

import math
import warnings
from collections.abc import Callable
from typing import Any

from microgradx.creation import full_like
from microgradx.distributions.bernoulli import Bernoulli
from microgradx.distributions.beta import Beta
from microgradx.distributions.binomial import Binomial
from microgradx.distributions.categorical import Categorical
from microgradx.distributions.cauchy import Cauchy
from microgradx.distributions.continuous_bernoulli import ContinuousBernoulli
from microgradx.distributions.dirichlet import Dirichlet
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.exponential import Exponential
from microgradx.distributions.gamma import Gamma
from microgradx.distributions.geometric import Geometric
from microgradx.distributions.gumbel import Gumbel
from microgradx.distributions.half_normal import HalfNormal
from microgradx.distributions.independent import Independent
from microgradx.distributions.laplace import Laplace
from microgradx.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from microgradx.distributions.multivariate_normal import MultivariateNormal
from microgradx.distributions.normal import Normal
from microgradx.distributions.one_hot_categorical import OneHotCategorical
from microgradx.distributions.pareto import Pareto
from microgradx.distributions.poisson import Poisson
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.uniform import Uniform
from microgradx.distributions.utils import euler_constant, sum_rightmost
from microgradx.nn.functional import softplus

__all__ = ["kl_divergence", "register_kl"]

Formula = Callable[[Any, Any], Any]

_FORMULAS: dict[tuple[type, type], Formula] = {}
_found: dict[tuple[type, type], Formula | None] = {}  # what was looked up before


def register_kl(type_p: type, type_q: type) -> Callable[[Formula], Formula]:
    """A decorator: this function is the formula of `kl_divergence` for two classes, and for their subclasses.

    The formula of the nearest classes counts. If the nearest for p and the nearest for q are different formulas, the
    first one is taken, with a RuntimeWarning; a formula for that very pair of classes settles it.

    Raises: TypeError: an argument is no class of distributions.
    Source: ``torch.distributions.kl.register_kl``.

    Example:
        >>> from microgradx.distributions import Normal, kl_divergence, register_kl
        >>> class Standard(Normal):
        ...     def __init__(self):
        ...         super().__init__(0.0, 1.0)
        >>> @register_kl(Standard, Standard)
        ... def kl_standard_standard(p, q):
        ...     return mgx.tensor(0.0)
        >>> kl_divergence(Standard(), Standard()), kl_divergence(Standard(), Normal(1.0, 1.0))
        (tensor(0.), tensor(0.5000))
    """
    for name, cls in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(cls, type) and issubclass(cls, Distribution)):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {cls}")

    def register(formula: Formula) -> Formula:
        _FORMULAS[type_p, type_q] = formula
        _found.clear()
        return formula

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    """KL(p ‖ q), the mean of ``log p(x) - log q(x)`` over the outcomes of p: how surprising they are to q.

    Shape: the batch shapes of p and q, broadcast.
    Units: nats.
    Raises: NotImplementedError: no formula is registered for these classes.
    Source: ``torch.distributions.kl_divergence``.

    Example:
        >>> from microgradx.distributions import Normal, kl_divergence
        >>> kl_divergence(Normal(1.0, 1.0), Normal(mgx.tensor([1.0, 0.0]), 1.0))
        tensor([0.0000, 0.5000])
    """
    pair = type(p), type(q)
    if pair not in _found:
        _found[pair] = _nearest(*pair)
    formula = _found[pair]
    if formula is None:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {pair[0].__name__} and q type {pair[1].__name__}"
        )
    return formula(p, q)


def _nearest(type_p: type, type_q: type) -> Formula | None:
    pairs = [(a, b) for a, b in _FORMULAS if issubclass(type_p, a) and issubclass(type_q, b)]
    if not pairs:
        return None

    def far(pair: tuple[type, type]) -> tuple[int, int]:
        return type_p.__mro__.index(pair[0]), type_q.__mro__.index(pair[1])

    by_p = min(pairs, key=far)
    by_q = min(pairs, key=lambda pair: far(pair)[::-1])
    if _FORMULAS[by_p] is not _FORMULAS[by_q]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). "
            f"Please register_kl({by_p[0].__name__}, {by_q[1].__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return _FORMULAS[by_p]


def _same(cls: type) -> Callable[[Formula], Formula]:
    return register_kl(cls, cls)


# ---------------------------------------------------------------- two of the same kind


@_same(ExponentialFamily)
def _exponential_families(p: Any, q: Any) -> Any:
    """A Bregman divergence of the log normalizer (F. Nielsen and R. Nock, 2010)."""
    if type(p) is not type(q):
        raise NotImplementedError(
            "The cross KL-divergence between different exponential families cannot be computed using Bregman divergences"
        )
    theta, normalizer, means = p._normalizer_and_means()
    result = q._log_normalizer(*q._natural_params) - normalizer
    for of_p, of_q, mean in zip(theta, q._natural_params, means):
        result = result - sum_rightmost((of_q - of_p) * mean, of_q.dim() - len(q.batch_shape))
    return result


@_same(Bernoulli)
def _bernoulli(p: Any, q: Any) -> Any:
    of_one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    of_zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    of_one = of_one.masked_fill(q.probs == 0, math.inf).masked_fill(p.probs == 0, 0)
    return of_one + of_zero.masked_fill(q.probs == 1, math.inf).masked_fill(p.probs == 1, 0)


@_same(Beta)
def _beta(p: Any, q: Any) -> Any:
    return _dirichlet(p._dirichlet, q._dirichlet)


@_same(Binomial)
def _binomial(p: Any, q: Any) -> Any:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError("KL between Binomials where q.total_count > p.total_count is not implemented")
    each = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return (p.total_count * each).masked_fill(p.total_count > q.total_count, math.inf)


@_same(Categorical)
def _categorical(p: Any, q: Any) -> Any:
    each = p.probs * (p.logits - q.logits)
    return each.masked_fill(q.probs == 0, math.inf).masked_fill(p.probs == 0, 0).sum(-1)


@_same(OneHotCategorical)
def _one_hot_categorical(p: Any, q: Any) -> Any:
    return _categorical(p._categorical, q._categorical)


@_same(Cauchy)
def _cauchy(p: Any, q: Any) -> Any:
    """F. Chyzak and F. Nielsen, "A closed-form formula for the Kullback-Leibler divergence between Cauchy distributions"
    (2019)."""
    return ((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2).log() - (4 * p.scale * q.scale).log()


@_same(ContinuousBernoulli)
def _continuous_bernoulli(p: Any, q: Any) -> Any:
    of_p = p._cont_bern_log_norm() + (-p.probs).log1p()
    return p.mean * (p.logits - q.logits) + of_p - q._cont_bern_log_norm() - (-q.probs).log1p()


@_same(Dirichlet)
def _dirichlet(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    mean_log = a.digamma() - a.sum(-1, keepdim=True).digamma()
    normalizers = a.sum(-1).lgamma() - b.sum(-1).lgamma() - (a.lgamma() - b.lgamma()).sum(-1)
    return normalizers + ((a - b) * mean_log).sum(-1)


@_same(Exponential)
def _exponential(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return ratio - ratio.log() - 1


@_same(Gamma)
def _gamma(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    rates = b * (p.rate / q.rate).log() + (q.rate - p.rate) * (a / p.rate)
    return rates + b.lgamma() - a.lgamma() + (a - b) * a.digamma()


@_same(Geometric)
def _geometric(p: Any, q: Any) -> Any:
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@_same(Gumbel)
def _gumbel(p: Any, q: Any) -> Any:
    ratio, distance = p.scale / q.scale, (q.loc - p.loc) / q.scale
    return (distance + (1 + ratio).lgamma()).exp() - ratio.log() - distance + euler_constant * (ratio - 1) - 1


@_same(HalfNormal)
def _half_normal(p: Any, q: Any) -> Any:
    return _normal(p.base_dist, q.base_dist)


@_same(Laplace)
def _laplace(p: Any, q: Any) -> Any:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return ratio * (-distance / p.scale).exp() + distance / q.scale - ratio.log() - 1


@_same(LowRankMultivariateNormal)
@_same(MultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _normal_vectors(p: Any, q: Any) -> Any:
    if p.event_shape != q.event_shape:
        low_rank = [isinstance(d, LowRankMultivariateNormal) for d in (p, q)]
        kind = "Low Rank " if all(low_rank) else "(Low Rank) " if any(low_rank) else ""
        raise ValueError(
            f"KL-divergence between two {kind}Multivariate Normals with different event shapes cannot be computed"
        )
    # The trace of q's precision times p's covariance: the squares of the lengths of p's columns, in units of q.
    trace = q._squares(p._columns()).sum(-1)
    distance = q._squares((q.loc - p.loc).unsqueeze(-2)).squeeze(-1)
    return 0.5 * (q._log_det() - p._log_det() + trace + distance - p.event_shape[0])


@_same(Normal)
def _normal(p: Any, q: Any) -> Any:
    variances = (p.scale / q.scale) ** 2
    return 0.5 * (variances + ((p.loc - q.loc) / q.scale) ** 2 - 1 - variances.log())


@_same(Pareto)
def _pareto(p: Any, q: Any) -> Any:
    ratio = q.alpha / p.alpha
    result = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return result.masked_fill(p.scale < q.scale, math.inf)


@_same(Poisson)
def _poisson(p: Any, q: Any) -> Any:
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)


@_same(TransformedDistribution)
def _transformed(p: Any, q: Any) -> Any:
    """An invertible function changes no divergence."""
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return kl_divergence(p.base_dist, q.base_dist)


@_same(Uniform)
def _uniform(p: Any, q: Any) -> Any:
    outside = (q.low > p.low) | (q.high < p.high)
    return ((q.high - q.low) / (p.high - p.low)).log().masked_fill(outside, math.inf)


@_same(Independent)
def _independent(p: Any, q: Any) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


# ---------------------------------------------------------------- two kinds


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Any, q: Any) -> Any:
    return q.rate - p.probs * q.rate.log() - p.entropy()


@register_kl(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p: Any, q: Any) -> Any:
    return -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._cont_bern_log_norm()


@register_kl(Beta, Exponential)
def _beta_exponential(p: Any, q: Any) -> Any:
    return q.rate * p.mean - q.rate.log() - p.entropy()


@register_kl(Beta, Gamma)
def _beta_gamma(p: Any, q: Any) -> Any:
    mean_log = p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    return _log_gamma_normalizer(q) - (q.concentration - 1) * mean_log + q.rate * p.mean - p.entropy()


def _log_gamma_normalizer(q: Any) -> Any:
    """The logarithm of what divides the density of a gamma distribution."""
    return q.concentration.lgamma() - q.concentration * q.rate.log()


@register_kl(Beta, Normal)
def _beta_normal(p: Any, q: Any) -> Any:
    variance = q.scale**2
    squares = p.variance + (p.mean - q.loc) ** 2
    return 0.5 * ((2 * math.pi * variance).log() + squares / variance) - p.entropy()


@register_kl(Beta, Uniform)
def _beta_uniform(p: Any, q: Any) -> Any:
    outside = (q.low > 0) | (q.high < 1)
    return ((q.high - q.low).log() - p.entropy()).masked_fill(outside, math.inf)


@register_kl(ContinuousBernoulli, Exponential)
def _continuous_bernoulli_exponential(p: Any, q: Any) -> Any:
    return q.rate * p.mean - q.rate.log() - p.entropy()


@register_kl(ContinuousBernoulli, Normal)
def _continuous_bernoulli_normal(p: Any, q: Any) -> Any:
    squares = p.variance + (p.mean - q.loc) ** 2
    return 0.5 * (math.log(2 * math.pi) + squares / q.scale**2) + q.scale.log() - p.entropy()


@register_kl(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_uniform(p: Any, q: Any) -> Any:
    """As in PyTorch, infinite also where the support of q is just that of p."""
    outside = (q.low >= 0) | (q.high <= 1)
    return ((q.high - q.low).log() - p.entropy()).masked_fill(outside, math.inf)


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Any, q: Any) -> Any:
    ratio, a = q.rate / p.rate, q.concentration
    return ratio - a * ratio.log() + a.lgamma() + a * euler_constant - (1 + euler_constant)


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Any, q: Any) -> Any:
    product, place = p.rate * q.scale, q.loc / q.scale
    return product.log() - 1 - place + place.exp() * product / (product + 1) + product.reciprocal()


@register_kl(Exponential, Normal)
def _exponential_normal(p: Any, q: Any) -> Any:
    variance = q.scale**2
    return (
        0.5 * (2 * math.pi * variance * p.rate**2).log() - 1 + (p.rate**-2 - q.loc / p.rate + q.loc**2 / 2) / variance
    )


def _less_entropy(p: Any) -> Any:
    """The part of the mean of a gamma distribution's log density that does not depend on its rate."""
    a = p.concentration
    return (a - 1) * a.digamma() - a.lgamma() - a


@register_kl(Gamma, Exponential)
def _gamma_exponential(p: Any, q: Any) -> Any:
    return q.rate * p.concentration / p.rate - q.rate.log() - p.entropy()


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Any, q: Any) -> Any:
    product, place = p.rate * q.scale, q.loc / q.scale
    mean_exp = (1 + product.reciprocal()) ** -p.concentration
    return _less_entropy(p) + product.log() + p.concentration / product + place.exp() * mean_exp - place


@register_kl(Gamma, Normal)
def _gamma_normal(p: Any, q: Any) -> Any:
    variance = q.scale**2
    squares = p.variance + (p.mean - q.loc) ** 2
    return _less_entropy(p) + 0.5 * ((2 * math.pi * variance * p.rate**2).log() + squares / variance)


@register_kl(Gumbel, Normal)
def _gumbel_normal(p: Any, q: Any) -> Any:
    ratio = p.scale / q.scale
    distance = (p.loc + euler_constant * p.scale - q.loc) / q.scale
    squares = (math.pi * ratio) ** 2 / 12 + distance**2 / 2
    return squares - (ratio / math.sqrt(2 * math.pi)).log() - (euler_constant + 1)


@register_kl(Laplace, Normal)
def _laplace_normal(p: Any, q: Any) -> Any:
    variances = (p.scale / q.scale) ** 2
    return variances - 0.5 * (2 * variances / math.pi).log() + 0.5 * ((p.loc - q.loc) / q.scale) ** 2 - 1


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Any, q: Any) -> Any:
    distance, variances = (p.loc - q.loc) / q.scale, (p.scale / q.scale) ** 2
    return distance + (0.5 * variances - distance).exp() - 0.5 * variances.log() - 0.5 * (1 + math.log(2 * math.pi))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Any, q: Any) -> Any:
    distance = p.loc - q.loc
    z = distance / p.scale
    mean_distance = math.sqrt(2 / math.pi) * p.scale * (-0.5 * z**2).exp() + distance * (math.sqrt(0.5) * z).erf()
    return mean_distance / q.scale - (p.scale / q.scale).log() - 0.5 * (1 + math.log(math.pi / 2))


@register_kl(Pareto, Exponential)
def _pareto_exponential(p: Any, q: Any) -> Any:
    product = p.scale * q.rate
    result = (p.alpha / product).log() - p.alpha.reciprocal() + p.alpha * product / (p.alpha - 1) - 1
    return result.masked_fill(p.alpha <= 1, math.inf)


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Any, q: Any) -> Any:
    mean_log = p.scale.log() + p.alpha.reciprocal()
    mean = p.alpha * p.scale / (p.alpha - 1)
    result = p.alpha.log() - mean_log + _log_gamma_normalizer(q) + (1 - q.concentration) * mean_log + q.rate * mean - 1
    return result.masked_fill(p.alpha <= 1, math.inf)


@register_kl(Pareto, Normal)
def _pareto_normal(p: Any, q: Any) -> Any:
    step = p.scale / (p.alpha - 1)
    squares = p.alpha * step**2 / (p.alpha - 2) + (p.alpha * step - q.loc) ** 2
    height = (math.sqrt(2 * math.pi) * q.scale * p.alpha / p.scale).log()
    result = height - p.alpha.reciprocal() + squares / (2 * q.scale**2) - 1
    return result.masked_fill(p.alpha <= 2, math.inf)


def _mean_log(low: Any, high: Any) -> Any:
    """The mean of the logarithm of a number that is uniform between two others."""
    width = high - low
    return (high.xlogy(high) - low.xlogy(low) - width) / width


@register_kl(Uniform, Beta)
def _uniform_beta(p: Any, q: Any) -> Any:
    a, b = q.concentration1, q.concentration0
    log_beta = a.lgamma() + b.lgamma() - (a + b).lgamma()
    logs = (a - 1) * _mean_log(p.low, p.high) + (b - 1) * _mean_log(1 - p.high, 1 - p.low)
    return (log_beta - logs - (p.high - p.low).log()).masked_fill((p.high > 1) | (p.low < 0), math.inf)


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Any, q: Any) -> Any:
    """As in PyTorch, infinite also where the support of p touches the ends of that of q."""
    outside = (p.high >= 1) | (p.low <= 0)
    result = -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._cont_bern_log_norm()
    return result.masked_fill(outside, math.inf)


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Any, q: Any) -> Any:
    width = p.high - p.low
    return (q.rate * (p.high + p.low) / 2 - (width * q.rate).log()).masked_fill(p.low < 0, math.inf)


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Any, q: Any) -> Any:
    logs = (1 - q.concentration) * _mean_log(p.low, p.high)
    result = logs - (p.high - p.low).log() + _log_gamma_normalizer(q) + q.rate * (p.high + p.low) / 2
    return result.masked_fill(p.low < 0, math.inf)


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Any, q: Any) -> Any:
    width = q.scale / (p.high - p.low)
    high, low = (p.high - q.loc) / q.scale, (p.low - q.loc) / q.scale
    return width.log() + 0.5 * (high + low) - width * ((-high).exp() - (-low).exp())


@register_kl(Uniform, Normal)
def _uniform_normal(p: Any, q: Any) -> Any:
    width = p.high - p.low
    squares = width**2 / 12 + ((p.high + p.low) / 2 - q.loc) ** 2
    return (math.sqrt(2 * math.pi) * q.scale / width).log() + 0.5 * squares / q.scale**2


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Any, q: Any) -> Any:
    normalizer = (q.alpha * q.scale**q.alpha * (p.high - p.low)).log()
    result = (q.alpha + 1) * _mean_log(p.low, p.high) - normalizer
    return result.masked_fill(p.low < q.scale, math.inf)


def _infinite(p: Any, q: Any) -> Any:
    """Some outcomes of p are impossible for q."""
    return full_like(getattr(p, next(iter(p.arg_constraints))), math.inf)


_IMPOSSIBLE: dict[type, tuple[type, ...]] = {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
}
for _p, _qs in _IMPOSSIBLE.items():
    for _q in _qs:
        register_kl(_p, _q)(_infinite)
