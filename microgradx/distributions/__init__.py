"""Probability distributions: ``torch.distributions``, with PyTorch's samples for the same seed."""

from microgradx.distributions import constraints, transforms
from microgradx.distributions.bernoulli import Bernoulli
from microgradx.distributions.beta import Beta
from microgradx.distributions.binomial import Binomial
from microgradx.distributions.categorical import Categorical
from microgradx.distributions.cauchy import Cauchy
from microgradx.distributions.chi2 import Chi2
from microgradx.distributions.constraint_registry import biject_to, transform_to
from microgradx.distributions.continuous_bernoulli import ContinuousBernoulli
from microgradx.distributions.dirichlet import Dirichlet
from microgradx.distributions.distribution import Distribution
from microgradx.distributions.exp_family import ExponentialFamily
from microgradx.distributions.exponential import Exponential
from microgradx.distributions.fishersnedecor import FisherSnedecor
from microgradx.distributions.gamma import Gamma
from microgradx.distributions.generalized_pareto import GeneralizedPareto
from microgradx.distributions.geometric import Geometric
from microgradx.distributions.gumbel import Gumbel
from microgradx.distributions.half_cauchy import HalfCauchy
from microgradx.distributions.half_normal import HalfNormal
from microgradx.distributions.independent import Independent
from microgradx.distributions.inverse_gamma import InverseGamma
from microgradx.distributions.kl import kl_divergence, register_kl
from microgradx.distributions.kumaraswamy import Kumaraswamy
from microgradx.distributions.laplace import Laplace
from microgradx.distributions.lkj_cholesky import LKJCholesky
from microgradx.distributions.log_normal import LogNormal
from microgradx.distributions.logistic_normal import LogisticNormal
from microgradx.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from microgradx.distributions.mixture_same_family import MixtureSameFamily
from microgradx.distributions.multinomial import Multinomial
from microgradx.distributions.multivariate_normal import MultivariateNormal
from microgradx.distributions.negative_binomial import NegativeBinomial
from microgradx.distributions.normal import Normal
from microgradx.distributions.one_hot_categorical import OneHotCategorical, OneHotCategoricalStraightThrough
from microgradx.distributions.pareto import Pareto
from microgradx.distributions.poisson import Poisson
from microgradx.distributions.relaxed_bernoulli import RelaxedBernoulli
from microgradx.distributions.relaxed_categorical import RelaxedOneHotCategorical
from microgradx.distributions.studentT import StudentT
from microgradx.distributions.transformed_distribution import TransformedDistribution
from microgradx.distributions.transforms import (
    AbsTransform,
    AffineTransform,
    CatTransform,
    ComposeTransform,
    CorrCholeskyTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    SoftplusTransform,
    StackTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    identity_transform,
)
from microgradx.distributions.uniform import Uniform
from microgradx.distributions.von_mises import VonMises
from microgradx.distributions.weibull import Weibull
from microgradx.distributions.wishart import Wishart

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "Bernoulli",
    "Beta",
    "Binomial",
    "CatTransform",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ComposeTransform",
    "ContinuousBernoulli",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "Dirichlet",
    "Distribution",
    "ExpTransform",
    "Exponential",
    "ExponentialFamily",
    "FisherSnedecor",
    "Gamma",
    "GeneralizedPareto",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "IndependentTransform",
    "InverseGamma",
    "Kumaraswamy",
    "LKJCholesky",
    "Laplace",
    "LogNormal",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "LowerCholeskyTransform",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "StudentT",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "Wishart",
    "biject_to",
    "constraints",
    "identity_transform",
    "kl_divergence",
    "register_kl",
    "transform_to",
    "transforms",
]
