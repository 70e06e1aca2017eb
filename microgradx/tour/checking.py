"""Is every gradient right? Each derivative against a difference quotient, before any training."""

from dataclasses import dataclass
from typing import Any

from microgradx.autograd import grad, no_grad
from microgradx.autograd.checking import gradcheck
from microgradx.creation import zeros_like
from microgradx.nn import functional as F
from microgradx.tensor import Tensor
from microgradx.tour.network import Network, scores

STEP = 1e-6


@dataclass(frozen=True)
class Check:
    """Whether all entries of one parameter agree, and both numbers for the one with the largest gradient."""

    name: str
    shape: tuple[int, ...]
    entries: int
    backward: float
    numerical: float
    agrees: bool


def check_gradients(model: Network, images: Tensor, labels: Tensor) -> list[Check]:
    """Compare every entry of every gradient with a central difference, in float64."""
    pixels = images.double()
    parameters = [p.detach().double() for p in model.parameters()]
    checks = []
    for i, (name, _) in enumerate(model.named_parameters()):

        def loss(w: Tensor, i: int = i) -> Any:
            return F.cross_entropy(scores(pixels, model.h, *[*parameters[:i], w, *parameters[i + 1 :]]), labels)

        w = parameters[i].clone().requires_grad_()
        agrees = gradcheck(loss, (w,), eps=STEP, raise_exception=False)

        (g,) = grad(loss(w), (w,))
        largest = int(g.abs().argmax())
        nudge = zeros_like(w).flatten()
        nudge[largest] = STEP
        nudge = nudge.view(w.shape)
        with no_grad():
            numerical = (loss(w + nudge) - loss(w - nudge)).item() / (2 * STEP)
        backward = g.flatten()[largest].item()
        checks.append(Check(name, tuple(w.shape), w.numel(), backward, numerical, agrees))
    return checks
