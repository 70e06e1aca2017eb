"""One row for each distribution and way of giving its parameters; the tests make each here and in PyTorch.

A parameter is a nested list, which becomes a tensor that requires its gradient, or `As`, which is passed as it is.
``build`` says how to make the distribution where its class alone does not do it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

import microgradx as mgx


@dataclass(frozen=True)
class As:
    """A parameter that is no tensor."""

    value: Any


@dataclass
class Row:
    name: str
    parameters: dict[str, Any]
    build: Callable[..., Any] | None = None
    exact: bool = True  # False: samples go through exp or log, which differ in the last place
    approximate: bool = False  # PyTorch's gradients of samples are, to 2 parts in a thousand
    id: str = field(init=False)

    def __post_init__(self) -> None:
        shapes = [np.shape(p) if not isinstance(p, As) else "" for p in self.parameters.values()]
        scalars = [
            f"={p}" if not isinstance(p, As) and not np.shape(p) else s
            for p, s in zip(self.parameters.values(), shapes)
        ]
        name = self.name if self.build is None else f"{self.name}.{self.build.__name__}"
        self.id = "-".join([name, *[f"{k}{s}" for k, s in zip(self.parameters, scalars)]]).replace(" ", "")

    @property
    def single(self) -> bool:
        """In float32, as distributions are whose parameters are numbers."""
        return self.build is in_float32 or all(isinstance(p, As) for p in self.parameters.values())

    def make(
        self, lib: Any, dtype: str = "float64", requires_grad: bool = True, **options: Any
    ) -> tuple[Any, list[Any]]:
        """The distribution, and the parameters that require gradients."""
        passed: dict[str, Any] = {}
        leaves = []
        for name, value in self.parameters.items():
            if isinstance(value, As):
                passed[name] = value.value
            else:
                passed[name] = lib.tensor(value, dtype=getattr(lib, dtype), requires_grad=requires_grad)
                leaves.append(passed[name])
        build = self.build or (lambda d, **p: getattr(d, self.name)(**p))
        return build(lib.distributions, **passed, **options), leaves

    def both(self, dtype: str = "float64", requires_grad: bool = True) -> Any:
        return self.make(mgx, dtype, requires_grad), self.make(torch, dtype, requires_grad)


def rows(name: str, *parameters: dict[str, Any], **options: Any) -> list[Row]:
    return [Row(name, p, **options) for p in parameters]


LOC = [[0.5, -1.0, 2.0], [0.0, 3.0, -0.25]]
SCALE = [1.0, 0.3, 2.5]
PROBS = [[0.1, 0.5, 0.9], [0.25, 0.3, 0.75]]
LOGITS = [[-2.0, 0.5, 1.5], [0.75, -0.5, 3.0]]
WEIGHTS = [[1.0, 2.0, 3.0, 0.5], [0.2, 0.1, 0.6, 0.1]]
SURE = [[0.0, 1.0], [1.0, 0.0]]
LOCATIONS = [
    {"loc": LOC, "scale": SCALE},
    {"loc": 0.7, "scale": 1.3},
    {"loc": As(-0.5), "scale": As(2)},
    {"loc": [[0.5], [2.0]], "scale": As(0.5)},
]
EITHER = [{"probs": PROBS}, {"logits": LOGITS}, {"probs": As(0.3)}, {"logits": As(0.5)}]
CATEGORIES = [{"probs": WEIGHTS}, {"logits": WEIGHTS}, {"probs": [0.25, 0.75]}, {"logits": [[[0.5, 1.0, -1.0]]]}]

GAMMAS = [
    {"concentration": SCALE, "rate": [[0.5], [2.0]]},
    {"concentration": As(0.3), "rate": As(2)},
    {"concentration": [[0.01, 12.0, 300.0]], "rate": 1.0},
]
FACTOR = [[1.0, 0.0, 0.0], [0.5, 2.0, 0.0], [-0.25, 0.75, 0.5]]
COVARIANCE = (np.array(FACTOR) @ np.array(FACTOR).T).tolist()
MATRICES = [
    {"loc": LOC, "scale_tril": FACTOR},
    {"loc": LOC[0], "covariance_matrix": COVARIANCE},
    {"loc": LOC, "precision_matrix": COVARIANCE},
    {"loc": LOC[0], "scale_tril": [FACTOR, FACTOR]},
    {"loc": LOC, "covariance_matrix": [[COVARIANCE], [COVARIANCE]]},
]
CAUSES = [[1.0, 0.5], [-0.5, 2.0], [0.25, 0.75]]
LOW_RANKS = [
    {"loc": LOC, "cov_factor": CAUSES, "cov_diag": SCALE},
    {"loc": LOC[0], "cov_factor": CAUSES, "cov_diag": SCALE},
    {"loc": [0.5], "cov_factor": [[[1.0, 2.0]], [[0.5, 0.0]]], "cov_diag": [[0.5], [2.0]]},
    {"loc": LOC, "cov_factor": [CAUSES, CAUSES[::-1]], "cov_diag": [SCALE, SCALE[::-1]]},
]
WISHARTS = [
    {"df": As(5.5), "covariance_matrix": COVARIANCE},
    {"df": 7.0, "precision_matrix": COVARIANCE},
    {"df": [[4.0], [6.0]], "covariance_matrix": [COVARIANCE, COVARIANCE]},
]
MIXTURES = [
    {"probs": [0.2, 0.3, 0.5], "loc": LOC[0], "scale": SCALE},
    {"logits": [[0.2, 0.3, -0.5], [0.0, 1.0, 2.0]], "loc": LOC, "scale": SCALE},
]


def independent_normal(d: Any, **p: Any) -> Any:
    return d.Independent(d.Normal(**p), 1)


def wishart(d: Any, df: Any, scale_tril: Any) -> Any:
    """In PyTorch the entries above the diagonal have a gradient, although they do not count."""
    return d.Wishart(df, scale_tril=scale_tril.tril())


def independent_bernoulli(d: Any, **p: Any) -> Any:
    return d.Independent(d.Bernoulli(**p), 2)


def independent_categorical(d: Any, **p: Any) -> Any:
    return d.Independent(d.Categorical(**p), 0)


def in_float32(d: Any, **p: Any) -> Any:
    """PyTorch's GeneralizedPareto compares its parameters with a number in float32."""
    return d.GeneralizedPareto(**{name: value.float() for name, value in p.items()})


def mixture(d: Any, loc: Any, scale: Any, **weights: Any) -> Any:
    return d.MixtureSameFamily(d.Categorical(**weights), d.Normal(loc, scale))


def mixture_of_vectors(d: Any, loc: Any, **weights: Any) -> Any:
    return d.MixtureSameFamily(d.Categorical(**weights), d.Independent(d.Normal(loc, 1.0), 1))


def squashed(d: Any, loc: Any, scale: Any) -> Any:
    t = d.transforms
    return d.TransformedDistribution(d.Normal(loc, scale), [t.TanhTransform(), t.AffineTransform(1.0, -2.0)])


def softmax_of_normal(d: Any, loc: Any, scale: Any) -> Any:
    t = d.transforms
    return d.TransformedDistribution(d.Normal(loc, scale), [t.AffineTransform(loc, 2.0), t.SoftmaxTransform()])


def sticks(d: Any, loc: Any, scale: Any) -> Any:
    return d.TransformedDistribution(d.Normal(loc, scale), d.transforms.StickBreakingTransform())


ROWS = [
    *rows("Normal", *LOCATIONS),
    *rows("Bernoulli", *EITHER, {"probs": SURE}),
    *rows("Categorical", *CATEGORIES, {"probs": SURE}),
    *rows("Multinomial", *[{"total_count": As(n), **p} for n, p in zip((1, 5, 100, 3), CATEGORIES)]),
    *rows("Uniform", {"low": LOC, "high": 4.0}, {"low": As(-1), "high": As(2.0)}, {"low": [0.0, 1.0], "high": As(2.5)}),
    *rows("Exponential", {"rate": SCALE}, {"rate": As(2)}),
    *rows("OneHotCategorical", *CATEGORIES),
    *rows("OneHotCategoricalStraightThrough", *CATEGORIES),
    *rows("Laplace", *LOCATIONS, exact=False),
    *rows("Geometric", *EITHER, {"probs": [0.5, 1.0]}),
    *rows("Poisson", {"rate": SCALE}, {"rate": [[0.0], [12.0], [300.0]]}, {"rate": As(3)}),
    *rows(
        "Binomial",
        {"total_count": As(7), "probs": PROBS},
        {"total_count": As(100), "logits": LOGITS},
        {"total_count": [[3.0], [30.0]], "probs": PROBS},
    ),
    *rows("Independent", *LOCATIONS[::3], build=independent_normal),
    *rows("Independent", {"probs": PROBS}, build=independent_bernoulli),
    *rows("Independent", {"probs": WEIGHTS}, build=independent_categorical),
    *rows("LogNormal", *LOCATIONS, exact=False),
    *rows("HalfNormal", {"scale": SCALE}, {"scale": As(2)}),
    *rows("Cauchy", *LOCATIONS),
    *rows("HalfCauchy", {"scale": SCALE}, {"scale": As(2)}),
    *rows("Gumbel", *LOCATIONS, exact=False),
    *rows(
        "Weibull",
        *[{"scale": s, "concentration": c} for s, c in ((SCALE, 1.5), (As(2), As(0.5)), (1.5, SCALE))],
        exact=False,
    ),
    *rows("Pareto", {"scale": SCALE, "alpha": [[0.5], [1.5], [4.0]]}, {"scale": As(1.5), "alpha": As(3)}, exact=False),
    *rows(
        "Kumaraswamy",
        {"concentration1": SCALE, "concentration0": [[0.5], [2.0]]},
        {"concentration1": As(1.5), "concentration0": As(3)},
        exact=False,
    ),
    *rows("RelaxedBernoulli", *[{"temperature": 0.7, **p} for p in EITHER[:2]], exact=False),
    *rows("RelaxedOneHotCategorical", *[{"temperature": 0.7, **p} for p in CATEGORIES], exact=False),
    *rows("ContinuousBernoulli", *EITHER[:2], {"probs": [0.4995, 0.5, 0.5005, 0.51]}, exact=False),
    *rows("VonMises", {"loc": LOC, "concentration": SCALE}, {"loc": 0.5, "concentration": 30.0}, exact=False),
    *rows("MixtureSameFamily", *MIXTURES, build=mixture, exact=True),
    *rows("MixtureSameFamily", {"probs": [[0.3, 0.7]], "loc": [[[0.0, 1.0], [2.0, -1.0]]]}, build=mixture_of_vectors),
    *rows("MultivariateNormal", *MATRICES, exact=False),
    *rows("LowRankMultivariateNormal", *LOW_RANKS, exact=False),
    *rows("Wishart", *WISHARTS, approximate=True, exact=False),
    *rows("Wishart", {"df": [3.5, 6.0], "scale_tril": FACTOR}, build=wishart, approximate=True, exact=False),
    *rows("TransformedDistribution", *LOCATIONS[:2], build=squashed, exact=False),
    *rows("TransformedDistribution", {"loc": LOC, "scale": SCALE}, build=softmax_of_normal, exact=False),
    *rows("TransformedDistribution", {"loc": LOC, "scale": SCALE}, build=sticks, exact=False),
    *rows("Gamma", *GAMMAS, approximate=True),
    *rows("Chi2", {"df": SCALE}, {"df": As(3)}, approximate=True),
    *rows("InverseGamma", *GAMMAS[:2], approximate=True, exact=False),
    *rows("Dirichlet", {"concentration": WEIGHTS}, {"concentration": [20.0, 0.1]}, approximate=True),
    *rows(
        "Beta",
        {"concentration1": SCALE, "concentration0": [[0.5], [2.0]]},
        {"concentration1": As(1.5), "concentration0": As(3)},
        approximate=True,
    ),
    *rows(
        "StudentT",
        {"df": [[0.7, 1.5, 4.0]], "loc": LOC, "scale": SCALE},
        {"df": As(5)},
        {"df": 30.0, "loc": As(1.0)},
        approximate=True,
    ),
    *rows(
        "FisherSnedecor", {"df1": SCALE, "df2": [[1.0], [3.0], [9.0]]}, {"df1": As(5), "df2": As(6)}, approximate=True
    ),
    *rows(
        "NegativeBinomial",
        {"total_count": As(3), "probs": PROBS},
        {"total_count": [[0.5], [20.0]], "logits": LOGITS},
    ),
    *rows(
        "GeneralizedPareto",
        *[{"loc": 0.5, "scale": SCALE, "concentration": c} for c in (0.3, 0.0, -0.5, -1.0, 1.5)],
        build=in_float32,
        exact=False,
    ),
    *rows("LKJCholesky", {"dim": As(4), "concentration": SCALE}, {"dim": As(2), "concentration": As(0.5)}, exact=False),
    *rows("LogisticNormal", *LOCATIONS[:3], exact=False),
]
assert len({row.id for row in ROWS}) == len(ROWS)
