"""Averages of a model's parameters over its training: they are often better than the last ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import tensor
from microgradx.dtypes import int64
from microgradx.nn.module import Module
from microgradx.nn.normalization import _BatchNorm, _InstanceNorm
from microgradx.optim.lr_scheduler import LRScheduler, _one_per_group
from microgradx.optim.optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average = Callable[[Any, Any, Any], Any]  # of one average, the new value, and how many values are in the average


def _check_decay(decay: float) -> None:
    if decay < 0.0 or decay > 1.0:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1] range.")


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """A moving average, ``decay·average + (1 - decay)·new``, as ``avg_fn`` of an `AveragedModel`.

    Raises: ValueError: ``decay`` is not in [0, 1].
    Source: ``torch.optim.swa_utils.get_ema_avg_fn``.
    """
    _check_decay(decay)

    def ema_update(ema_param: Any, current_param: Any, num_averaged: Any) -> Any:
        with no_grad():
            return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> Average:
    """The mean of all values, as ``avg_fn`` of an `AveragedModel`.

    Source: ``torch.optim.swa_utils.get_swa_avg_fn``.
    """

    def swa_update(averaged_param: Any, current_param: Any, num_averaged: Any) -> Any:
        with no_grad():
            return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> Average:
    """A moving average, of lists of tensors in place, as ``multi_avg_fn`` of an `AveragedModel`.

    Raises: ValueError: ``decay`` is not in [0, 1].
    Source: ``torch.optim.swa_utils.get_ema_multi_avg_fn``.
    """
    _check_decay(decay)

    def ema_update(ema_params: Any, current_params: Any, num_averaged: Any) -> None:
        with no_grad():
            for average, new in zip(ema_params, current_params, strict=True):
                if average.is_floating_point():
                    average.lerp_(new, 1 - decay)
                else:
                    average.copy_(average * decay + new * (1 - decay))

    return ema_update


def get_swa_multi_avg_fn() -> Average:
    """The mean of all values, of lists of tensors in place, as ``multi_avg_fn`` of an `AveragedModel`.

    Source: ``torch.optim.swa_utils.get_swa_multi_avg_fn``.
    """

    def swa_update(averaged_params: Any, current_params: Any, num_averaged: Any) -> None:
        with no_grad():
            for average, new in zip(averaged_params, current_params, strict=True):
                if average.is_floating_point():
                    average.lerp_(new, float(1 / (num_averaged + 1)))
                else:
                    average.addcdiv_(new - average, num_averaged + 1)

    return swa_update


class AveragedModel(Module):
    """A copy of a model, of which the parameters are averages of those that the model had.

    Args:
        model: The model; it is copied, and trained on as before.
        device: Where the averages are kept.
        avg_fn: ``avg_fn(average, new, n)`` gives the next average, of one tensor; ``n`` values are in the average.
        multi_avg_fn: ``multi_avg_fn(averages, new, n)`` changes a list of averages, all of one dtype, in place. By
            default of both, the average is the mean.
        use_buffers: Average the buffers too; otherwise they are the model's last ones.

    Attributes:
        module: The copy.
        n_averaged: How many values are in the average.

    Raises: AssertionError: both functions are given.
    Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", 2018;
        ``torch.optim.swa_utils.AveragedModel``.

    Example:
        >>> model = mgx.nn.Linear(1, 1, bias=False)
        >>> averaged = AveragedModel(model)
        >>> for value in (1.0, 2.0, 6.0):  # in place of steps of an optimizer
        ...     _ = mgx.nn.init.constant_(model.weight, value)
        ...     averaged.update_parameters(model)
        >>> averaged(mgx.ones(1)).item(), averaged.n_averaged
        (3.0, tensor(3))
    """

    n_averaged: Any

    def __init__(
        self,
        model: Any,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Average | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Any) -> None:
        """Take the present parameters of the model into the average; the first ones are copied."""
        ours, theirs = self._averaged(self.module), self._averaged(model)
        if self.n_averaged == 0:
            for average, new in zip(ours, theirs):
                average.copy_(new)
        elif self.multi_avg_fn is None:
            avg_fn = self.avg_fn or get_swa_avg_fn()
            for average, new in zip(ours, theirs):
                average.copy_(avg_fn(average, new, self.n_averaged))
        else:
            of_dtype: dict[Any, tuple[list[Any], list[Any]]] = {}
            for average, new in zip(ours, theirs):
                averages, values = of_dtype.setdefault((average.dtype, new.dtype), ([], []))
                averages.append(average)
                values.append(new)
            for averages, values in of_dtype.values():
                self.multi_avg_fn(averages, values, self.n_averaged)
        if not self.use_buffers:
            for average, new in zip(self.module.buffers(), model.buffers(), strict=True):
                average.detach().copy_(new.detach())
        self.n_averaged += 1

    def _averaged(self, model: Any) -> list[Any]:
        """What is averaged of a model, detached."""
        buffers = model.buffers() if self.use_buffers else ()
        return [value.detach() for value in chain(model.parameters(), buffers)]


def update_bn(loader: Iterable[Any], model: Any, device: Any = None) -> None:
    """Compute the means and variances of all batch norms of a model anew: those of all batches of a loader.

    An averaged model needs it, since it has never seen data.

    Args:
        loader: Batches of inputs; of a list or tuple, the first element is the input.
        model: A model, which is called with each.
        device: Where the inputs are moved before.

    Source: ``torch.optim.swa_utils.update_bn``.

    Example:
        >>> model = mgx.nn.BatchNorm1d(1)
        >>> update_bn([mgx.tensor([[1.0], [3.0]]), mgx.tensor([[4.0], [8.0]])], model)
        >>> model.running_mean
        tensor([4.])
    """
    norms = [m for m in model.modules() if isinstance(m, _BatchNorm) and not isinstance(m, _InstanceNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    was_training = model.training
    model.train()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches, not a moving one
    with no_grad():
        for batch in loader:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(x if device is None else x.to(device))
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """From the present learning rate to ``swa_lr``, which then stays: averaging wants steps that keep moving.

    Args:
        optimizer: Whose learning rates are scheduled.
        swa_lr: The last learning rate, or a list, one for each group.
        anneal_epochs: So many epochs it takes.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        last_epoch: The epoch to continue from; -1 is the beginning.

    Raises: ValueError: an option out of range.
    Source: ``torch.optim.swa_utils.SWALR``.

    Example:
        >>> optimizer = mgx.optim.SGD([mgx.ones(1, requires_grad=True)], lr=1.0)
        >>> scheduler = SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
        >>> rates = []
        >>> for epoch in range(4):
        ...     rates += scheduler.get_last_lr()
        ...     optimizer.step()
        ...     scheduler.step()
        >>> rates
        [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: Any,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        for rate, group in zip(_one_per_group("swa_lr", optimizer, swa_lr), optimizer.param_groups):
            group["swa_lr"] = rate
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_strategy = anneal_strategy
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _part(self, step: int) -> float:
        """How much of the way is done at a step."""
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[Any]:
        self._warn_if_asked_directly()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        part, before = self._part(step), self._part(step - 1)
        rates = []
        for group in self.optimizer.param_groups:
            last = group["swa_lr"]
            first = last if before == 1 else (group["lr"] - before * last) / (1 - before)
            rates.append(last * part + first * (1 - part))
        return rates
