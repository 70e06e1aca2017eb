"""Recurrent layers: they read a sequence step by step, and carry a state from each step to the next."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from microgradx.creation import empty, zeros
from microgradx.nn import functional as F
from microgradx.nn import init
from microgradx.nn.module import Module
from microgradx.nn.parameter import Parameter
from microgradx.nn.utils.rnn import PackedSequence
from microgradx.ops.activation import relu
from microgradx.ops.elementwise import tanh
from microgradx.ops.linalg import linear
from microgradx.ops.recurrent import gru_cell, lstm, lstm_cell
from microgradx.ops.shape import cat, flip, split, stack, unbind
from microgradx.views import legacy_name

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

BLOCKS = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}
"""By the kind of network: how many blocks of ``hidden_size`` rows its weights have."""


def project(mode: str, input: Any, weight: Any, bias_ih: Any, bias_hh: Any) -> Any:
    """What the input gives to the steps. Needing no state, it is computed for all steps at once.

    Where the bias of the state is only added, it is added here; in a GRU the reset gate comes between.
    """
    return linear(input, weight, bias_ih if bias_ih is None or mode == "GRU" else bias_ih + bias_hh)


def step(mode: str, x: Any, state: Sequence[Any], weight: Any, bias_hh: Any) -> tuple[Any, ...]:
    """One step: the new state, from what the input gives and the old state; ``h``, in an LSTM ``h, c``."""
    h = state[0]
    if mode == "GRU":
        return (gru_cell(x, linear(h, weight, bias_hh), h),)
    z = linear(h, weight, x)
    if mode == "LSTM":
        h, c, _ = lstm_cell(z, state[1])
        return h, c
    return (tanh(z) if mode == "RNN_TANH" else relu(z),)


def check_states(name: str, mode: str, hx: Any) -> list[Any]:
    """The initial state as a list: h, or in an LSTM h and c."""
    if mode == "LSTM":
        if not isinstance(hx, (tuple, list)) or len(hx) != 2:
            raise TypeError(
                f"{name}: expected a state (h_0, c_0), got {type(hx).__name__}; give a tuple of two tensors"
            )
        return list(hx)
    if isinstance(hx, (tuple, list)):
        raise TypeError(f"{name}: expected a Tensor as state, got {type(hx).__name__}; only an LSTM has two states")
    return [hx]


def check_dtypes(tensors: Sequence[Any], weight: Any) -> None:
    """Nothing is converted silently: raise unless all are of the weight's dtype."""
    for x in tensors:
        if x.array.dtype != weight.array.dtype:
            kinds = [legacy_name(t.array.dtype.name) for t in (x, weight)]
            raise RuntimeError(
                f"mat1 and mat2 must have the same dtype, but got {kinds[0]} and {kinds[1]}; convert one with .to()"
            )


def draw(module: Any) -> None:
    """Initial values for all parameters, uniform between ±1/√hidden_size."""
    bound = 1 / math.sqrt(module.hidden_size)
    for weight in module.parameters():
        init.uniform_(weight, -bound, bound)


# ---------------------------------------------------------------- whole sequences


class RNNBase(Module):
    """What `RNN`, `LSTM` and `GRU` share: layers, directions, and the walk through time.

    Args:
        mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".

    The others are as in `LSTM`.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if mode not in BLOCKS:
            raise ValueError("Unrecognized RNN mode: " + mode)
        check_arguments(input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._all_weights: list[list[str]] = []
        rows, out_size = BLOCKS[mode] * hidden_size, proj_size or hidden_size
        for layer in range(num_layers):
            width = out_size * self.directions if layer else input_size
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, out_size)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            if proj_size:
                shapes["weight_hr"] = (proj_size, hidden_size)
            for suffix in ("", "_reverse")[: self.directions]:
                names = [f"{name}_l{layer}{suffix}" for name in shapes]
                for name, shape in zip(names, shapes.values()):
                    setattr(self, name, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        self.reset_parameters()

    @property
    def directions(self) -> int:
        """How often each layer reads the sequence."""
        return 2 if self.bidirectional else 1

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters, in one list for each direction of each layer."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        """The names of the parameters in one list: programs that draw initial values of their own go through it."""
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Any]:
        """The parameters, in the order of their names."""
        return [getattr(self, name) for name in self._flat_weights_names]

    def flatten_parameters(self) -> None:
        """Nothing to do: it exists because GPUs want their weights side by side."""

    def reset_parameters(self) -> None:
        """Draw new initial values, uniform between ±1/√hidden_size."""
        draw(self)

    def forward(self, input: Any, hx: Any = None) -> Any:
        packed = isinstance(input, PackedSequence)
        if packed:
            data, sizes = input.data, input.batch_sizes.tolist()
            states = None if hx is None else self._sorted(check_states(type(self).__name__, self.mode, hx), input[2])
            self._check_input(data, 2)
        else:
            batched, states = self._check_dimensions(input, hx)
            steps = input if batched else input.unsqueeze(1)
            steps = steps.transpose(0, 1) if batched and self.batch_first else steps
            self._check_input(steps, 3)
            length, batch, width = steps.shape
            if not length:
                raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
            data, sizes = steps.reshape(length * batch, width), [batch] * length
        states = self._check_states(states, sizes[0], data.dtype)
        out, states = self._run(data, sizes, states)
        if packed:
            out = PackedSequence(out, *input[1:])
            states = self._sorted(states, input.unsorted_indices)
        else:
            out = out.reshape(length, batch, out.shape[-1])
            if not batched:
                out, states = out.squeeze(1), [s.squeeze(1) for s in states]
            elif self.batch_first:
                out = out.transpose(0, 1)
        return out, tuple(states) if self.mode == "LSTM" else states[0]

    def _run(self, data: Any, sizes: list[int], states: list[Any]) -> tuple[Any, list[Any]]:
        """All layers: the output of each is the input of the next.

        ``data`` is packed: what belongs to the first step, then to the second, ..., in rows; ``sizes`` says how many.
        """
        starts = list(zip(*[unbind(s) for s in states]))
        ends = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                data = F.dropout(data, self.dropout)
            outputs = []
            for direction in range(self.directions):
                at = layer * self.directions + direction
                out, end = self._read(self._all_weights[at], data, sizes, starts[at], backwards=direction == 1)
                outputs.append(out)
                ends.append(end)
            data = outputs[0] if len(outputs) == 1 else cat(outputs, -1)
        return data, [stack(s) for s in zip(*ends)]

    def _read(
        self, names: list[str], data: Any, sizes: list[int], start: tuple[Any, ...], backwards: bool
    ) -> tuple[Any, list[Any]]:
        """One layer in one direction: its outputs, packed, and the state in which it ends."""
        weights = {name.partition("_l")[0]: getattr(self, name) for name in names}
        weight, bias, projection = weights["weight_hh"], weights.get("bias_hh"), weights.get("weight_hr")
        projected = project(self.mode, data, weights["weight_ih"], weights.get("bias_ih"), bias)
        if self.mode == "LSTM" and projection is None and sizes[-1] == sizes[0]:
            return self._read_at_once(projected.reshape(len(sizes), sizes[0], len(weight)), start, weight, backwards)
        given, state = split(projected, sizes), list(start)
        if backwards:
            given, state = given[::-1], [s[: sizes[-1]] for s in start]
        ended: list[list[Any]] = []  # states of sequences that were over, the shorter ones first
        outputs = []
        for x in given:
            before, now = state[0].array.shape[0], x.array.shape[0]
            if now < before:
                ended.append([s[now:] for s in state])
                state = [s[:now] for s in state]
            elif now > before:  # backwards, the shorter ones begin later
                state = [cat([s, first[before:now]]) for s, first in zip(state, start)]
            state = list(step(self.mode, x, state, weight, bias))
            if projection is not None:
                state[0] = linear(state[0], projection)
            outputs.append(state[0])
        if ended:
            state = [cat(pieces) for pieces in zip(state, *ended[::-1])]
        return cat(outputs[::-1] if backwards else outputs), state

    def _read_at_once(self, x: Any, start: tuple[Any, ...], weight: Any, backwards: bool) -> tuple[Any, list[Any]]:
        """The same for an LSTM whose sequences all have one length: one operation."""
        h, c, _ = lstm(flip(x, 0) if backwards else x, *start, weight)
        end = [h[-1], c[-1]]
        return (flip(h, 0) if backwards else h).reshape(len(x) * x.shape[1], h.shape[2]), end

    # ---------------------------------------------------------------- checks

    def _check_dimensions(self, input: Any, hx: Any) -> tuple[bool, list[Any] | None]:
        """Whether the input is a batch, and the states as a batch; or PyTorch's errors."""
        name = type(self).__name__
        if input.ndim not in (2, 3):
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {input.ndim}D instead")
        batched = input.ndim == 3
        if hx is None:
            return batched, None
        states = check_states(name, self.mode, hx)
        if any(s.ndim != input.ndim for s in states):
            what = "hx and cx should" if len(states) == 2 else "hx should"
            got = f"({states[0].ndim}-D, {states[1].ndim}-D) tensors" if len(states) == 2 else f"{hx.ndim}-D tensor"
            kind = "batched 3-D" if batched else "unbatched 2-D"
            raise RuntimeError(f"For {kind} input, {what} also be {input.ndim}-D but got {got}")
        return batched, states if batched else [s.unsqueeze(1) for s in states]

    def _check_input(self, input: Any, ndim: int) -> None:
        weight = self.weight_ih_l0
        if input.dtype != weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). "
                f"Convert input: input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        if input.ndim != ndim:
            raise RuntimeError(f"input must have {ndim} dimensions, got {input.ndim}")
        if input.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.shape[-1]}"
            )

    def _check_states(self, states: list[Any] | None, batch: int, dtype: Any) -> list[Any]:
        """The initial states, by default 0."""
        count = self.num_layers * self.directions
        sizes = [self.proj_size or self.hidden_size, self.hidden_size][: 2 if self.mode == "LSTM" else 1]
        expected = [(count, batch, size) for size in sizes]
        if states is None:
            return [zeros(shape, dtype=dtype) for shape in expected]
        for i, (s, shape) in enumerate(zip(states, expected)):
            if s.shape != shape:
                what = f"hidden[{i}]" if self.mode == "LSTM" else "hidden"
                raise RuntimeError(f"Expected {what} size {shape}, got {list(s.shape)}")
        check_dtypes(states, self.weight_hh_l0)
        return states

    def _sorted(self, states: list[Any], order: Any) -> list[Any]:
        return states if order is None else [s.index_select(1, order) for s in states]

    def extra_repr(self) -> str:
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0}
        usual["bidirectional"] = False
        others = [f"{k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *others])


def check_arguments(
    input_size: Any, hidden_size: Any, num_layers: Any, bias: Any, batch_first: Any, dropout: Any, proj_size: Any
) -> None:
    """PyTorch's checks of what a recurrent layer is made with."""
    if not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1 or isinstance(dropout, bool):
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=4,
        )
    for name, value in (("bias", bias), ("batch_first", batch_first)):
        if not isinstance(value, bool):
            raise TypeError(f"{name} should be of type bool, got: {type(value).__name__}")
    for name, value in (("input_size", input_size), ("hidden_size", hidden_size)):
        if not isinstance(value, int):
            raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
        if value <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")


class RNN(RNNBase):
    """The plain recurrent network: ``h = tanh(W_ih x + b_ih + W_hh h + b_hh)`` at each step.

    Args:
        nonlinearity: "tanh" or "relu".

    The others, and the shapes, are as in `LSTM`, but that there is no cell and no projection: the state is ``h``.

    Source: J. L. Elman, "Finding structure in time" (1990); ``torch.nn.RNN``.

    Example:
        >>> out, h = mgx.nn.RNN(3, 4)(mgx.ones(5, 2, 3))  # 5 steps, 2 sequences
        >>> out.shape, h.shape
        (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first, dropout,
            bidirectional, 0, device, dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Long short-term memory: a cell ``c``, which gates protect, carries what must be remembered.

    At each step four linear maps of the input and of the old ``h`` make the gates i, f, o (by sigmoid) and the new
    values n (by tanh); then ``c = f·c + i·n`` and ``h = o·tanh(c)``.

    Args:
        input_size: Length of the elements of the sequence.
        hidden_size: Length of the state.
        num_layers: How many such networks; each reads the outputs of the one before.
        bias: Whether the linear maps have biases; they have two, one for the input and one for the state.
        batch_first: Whether the input and the output are (N, T, ...) instead of (T, N, ...).
        dropout: Probability of `Dropout` between the layers.
        bidirectional: Read the sequence also from its end; the outputs of both directions are side by side.
        proj_size: If not 0, ``h`` is mapped linearly to this length.
        device: The CPU, under any of its names.
        dtype: Of the parameters; by default the default dtype.

    Shape:
        input: (T, N, input_size), or without a batch (T, input_size), or a `PackedSequence`;
        h, c: (num_layers * directions, N, hidden_size), 0 by default;
        -> output: h of the last layer at all steps, (T, N, directions * hidden_size); (h, c) after the last step.

    Raises:
        ValueError: the input has another dtype than the parameters or not 2 or 3 dimensions.
        RuntimeError: other sizes than these.
        TypeError: the state is not a tuple (h, c).

    Source: S. Hochreiter and J. Schmidhuber, "Long short-term memory" (1997); ``torch.nn.LSTM``. All parameters start
    uniform between ±1/√hidden_size.

    Example:
        >>> layer = mgx.nn.LSTM(3, 4, num_layers=2)
        >>> layer
        LSTM(3, 4, num_layers=2)
        >>> out, (h, c) = layer(mgx.ones(5, 2, 3))  # 5 steps, 2 sequences
        >>> out.shape, h.shape
        (torch.Size([5, 2, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size,
            device, dtype,
        )  # fmt: skip


class GRU(RNNBase):
    """Gated recurrent unit: ``h = u·h + (1 - u)·n``, where the gate u decides how much of the state is renewed.

    The new values are ``n = tanh(W_in x + b_in + r·(W_hn h + b_hn))``, where a second gate r decides how much of the
    state they see. Both gates are sigmoids of linear maps of the input and the state.

    Arguments and shapes are as in `LSTM`, but that there is no cell and no projection: the state is ``h``.

    Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014); ``torch.nn.GRU``, where
    r comes after the linear map.

    Example:
        >>> out, h = mgx.nn.GRU(3, 4, bidirectional=True)(mgx.ones(5, 2, 3))  # 5 steps, 2 sequences
        >>> out.shape, h.shape
        (torch.Size([5, 2, 8]), torch.Size([2, 2, 4]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )


# ---------------------------------------------------------------- single steps


class RNNCellBase(Module):
    """What the cells share: one step of a layer of the same name, written out by the caller for each step."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, device=device, dtype=dtype))
        self.weight_hh = Parameter(empty(rows, hidden_size, device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new initial values, uniform between ±1/√hidden_size."""
        draw(self)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")

    def _advance(self, mode: str, input: Any, hx: Any) -> tuple[Any, ...]:
        """The new state; without a batch if the input has none."""
        name = type(self).__name__
        if input.ndim not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.ndim}D instead")
        batched = input.ndim == 2
        states = None if hx is None else check_states(name, mode, hx)
        for i, s in enumerate(states or ()):
            if s.ndim not in (1, 2):
                what = f"hx[{i}]" if mode == "LSTM" else "hidden"
                raise ValueError(f"{name}: Expected {what} to be 1D or 2D, got {s.ndim}D instead")
        if not batched:
            input, states = input.unsqueeze(0), states and [s.unsqueeze(0) for s in states]
        if states is None:
            states = [zeros(input.shape[0], self.hidden_size, dtype=input.dtype)] * (2 if mode == "LSTM" else 1)
        self._check_sizes(input, states)
        x = project(mode, input, self.weight_ih, self.bias_ih, self.bias_hh)
        out = step(mode, x, states, self.weight_hh, self.bias_hh)
        return out if batched else tuple(s.squeeze(0) for s in out)

    def _check_sizes(self, input: Any, states: list[Any]) -> None:
        n, size = input.array.shape
        if size != self.input_size:
            raise RuntimeError(f"input has inconsistent input_size: got {size} expected {self.input_size}")
        for i, s in enumerate(states):
            if s.array.shape[0] != n:
                raise RuntimeError(f"Input batch size {n} doesn't match hidden{i} batch size {s.array.shape[0]}")
            if s.array.shape[-1] != self.hidden_size:
                raise RuntimeError(
                    f"hidden{i} has inconsistent hidden_size: got {s.array.shape[-1]}, expected {self.hidden_size}"
                )
        check_dtypes([input, *states], self.weight_ih)


class RNNCell(RNNCellBase):
    """One step of an `RNN`: (N, input_size), (N, hidden_size) -> (N, hidden_size). Source: ``torch.nn.RNNCell``.

    Example:
        >>> mgx.nn.RNNCell(3, 4)(mgx.ones(2, 3)).shape
        torch.Size([2, 4])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._advance(f"RNN_{self.nonlinearity.upper()}", input, hx)[0]

    def extra_repr(self) -> str:
        usual = self.nonlinearity == "tanh"
        return super().extra_repr() + ("" if usual else f", nonlinearity={self.nonlinearity}")


class LSTMCell(RNNCellBase):
    """One step of an `LSTM`: an input (N, input_size) and (h, c), both (N, hidden_size) -> the new (h, c).

    Source: ``torch.nn.LSTMCell``.

    Example:
        >>> cell = mgx.nn.LSTMCell(3, 4)
        >>> state = None
        >>> for x in mgx.ones(5, 2, 3):  # 5 steps, 2 sequences
        ...     state = cell(x, state)
        >>> [s.shape for s in state]
        [torch.Size([2, 4]), torch.Size([2, 4])]
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._advance("LSTM", input, hx)


class GRUCell(RNNCellBase):
    """One step of a `GRU`: (N, input_size), (N, hidden_size) -> (N, hidden_size). Source: ``torch.nn.GRUCell``.

    Example:
        >>> mgx.nn.GRUCell(3, 4)(mgx.ones(2, 3)).shape
        torch.Size([2, 4])
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._advance("GRU", input, hx)[0]
