"""The network of the tour, and its training."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from microgradx import nn, optim
from microgradx.autograd import no_grad
from microgradx.creation import zeros
from microgradx.nn import functional as F
from microgradx.random import randn, randperm
from microgradx.tensor import Tensor

Activation = Callable[[Tensor], Any]
ACTIVATIONS: dict[str, Activation] = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
}
LEARNING_RATES = {"adam": 0.005, "sgd": 0.05}
PIXELS, DIGITS, BATCH = 64, 10, 32


@dataclass(frozen=True)
class Settings:
    """What the command's options choose."""

    epochs: int
    hidden: int
    activation: str
    optimizer: str
    lr: float
    seed: int


@dataclass(frozen=True)
class Epoch:
    """How well the network does after so many passes over the training images; losses in nats."""

    number: int
    training_loss: float
    held_out_loss: float
    held_out_accuracy: float


def scores(x: Tensor, h: Activation, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, W3: Tensor, b3: Tensor) -> Any:
    """Pixels (N, 64) to one score per digit (N, 10)."""
    a1 = h(x @ W1.T + b1)  # (N, hidden)
    a2 = h(a1 @ W2.T + b2)  # (N, hidden)
    return a2 @ W3.T + b3  # (N, 10)


class Network(nn.Module):
    """Two hidden layers between 64 pixels and 10 digits, with the course's names."""

    def __init__(self, hidden: int, activation: str) -> None:
        super().__init__()
        self.h = ACTIVATIONS[activation]
        gain = math.sqrt(2) if "relu" in activation else 1.0  # relu cuts the mean square in half

        def weight(outputs: int, inputs: int) -> Any:  # values neither grow nor fade on the way
            return nn.Parameter(randn(outputs, inputs) * (gain / math.sqrt(inputs)))

        self.W1, self.b1 = weight(hidden, PIXELS), nn.Parameter(zeros(hidden))
        self.W2, self.b2 = weight(hidden, hidden), nn.Parameter(zeros(hidden))
        self.W3, self.b3 = weight(DIGITS, hidden), nn.Parameter(zeros(DIGITS))

    def forward(self, x: Tensor) -> Any:
        return scores(x, self.h, *self.parameters())


def train(
    model: Network, settings: Settings, training: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor]
) -> Iterator[Epoch]:
    """Train in place; yield the state before the first and after each pass over the training images."""
    if settings.optimizer == "adam":
        optimizer: optim.Optimizer = optim.Adam(model.parameters(), lr=settings.lr)
    else:
        optimizer = optim.SGD(model.parameters(), lr=settings.lr, momentum=0.9)
    images, labels = training
    yield measure(0, model, training, held_out)
    for number in range(1, settings.epochs + 1):
        for batch in randperm(len(labels)).split(BATCH):
            loss = F.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield measure(number, model, training, held_out)


def measure(number: int, model: Network, training: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor]) -> Epoch:
    """Both losses, and the share of held-out images that are recognised."""
    with no_grad():
        guesses = model(held_out[0])
        return Epoch(
            number,
            training_loss=F.cross_entropy(model(training[0]), training[1]).item(),
            held_out_loss=F.cross_entropy(guesses, held_out[1]).item(),
            held_out_accuracy=(guesses.argmax(1) == held_out[1]).float().mean().item(),
        )
