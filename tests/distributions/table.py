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
    values: Any = None  # where to compare log_prob and cdf, beside samples
    id: str = field(init=False)

    def __post_init__(self) -> None:
        shapes = [np.shape(p) if not isinstance(p, As) else "" for p in self.parameters.values()]
        self.id = "-".join([self.name, *[f"{k}{s}" for k, s in zip(self.parameters, shapes)]]).replace(" ", "")

    @property
    def single(self) -> bool:
        """Of numbers only, which become float32."""
        return all(isinstance(p, As) for p in self.parameters.values())

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

    def both(self, dtype: str = "float64") -> Any:
        return self.make(mgx, dtype), self.make(torch, dtype)


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
    *rows("Independent", *LOCATIONS[::3], build=lambda d, **p: d.Independent(d.Normal(**p), 1)),
    *rows("Independent", {"probs": PROBS}, build=lambda d, **p: d.Independent(d.Bernoulli(**p), 2)),
    *rows("Independent", {"probs": WEIGHTS}, build=lambda d, **p: d.Independent(d.Categorical(**p), 0)),
]
