"""Helpers for training: clipping of gradients, parameters as one vector, sequences of different lengths."""

from microgradx.nn.utils import rnn
from microgradx.nn.utils.clip_grad import clip_grad_norm_, clip_grad_value_, get_total_norm
from microgradx.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "get_total_norm",
    "parameters_to_vector",
    "rnn",
    "vector_to_parameters",
]
