"""Probability distributions: ``torch.distributions``, with PyTorch's samples for the same seed."""

from microgradx.distributions import constraints
from microgradx.distributions.bernoulli import Bernoulli
from microgradx.distributions.binomial import Binomial
from microgradx.distributions.categorical import Categorical
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.exponential import Exponential
from microgradx.distributions.geometric import Geometric
from microgradx.distributions.independent import Independent
from microgradx.distributions.kl import kl_divergence, register_kl
from microgradx.distributions.laplace import Laplace
from microgradx.distributions.multinomial import Multinomial
from microgradx.distributions.normal import Normal
from microgradx.distributions.one_hot_categorical import OneHotCategorical, OneHotCategoricalStraightThrough
from microgradx.distributions.poisson import Poisson
from microgradx.distributions.uniform import Uniform

__all__ = [
    "Bernoulli",
    "Binomial",
    "Categorical",
    "Distribution",
    "Exponential",
    "ExponentialFamily",
    "Geometric",
    "Independent",
    "Laplace",
    "Multinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Poisson",
    "Uniform",
    "constraints",
    "kl_divergence",
    "register_kl",
]
