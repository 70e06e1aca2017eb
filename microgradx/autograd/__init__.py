"""Derivatives: backward and grad, custom functions, Jacobians, and their numeric verification."""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

from microgradx.autograd.modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_anomaly_enabled,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    recording,
    set_detect_anomaly,
    set_grad_enabled,
)
from microgradx.backward import backward, grad
from microgradx.legacy import Variable

if TYPE_CHECKING:
    from microgradx.autograd import functional
    from microgradx.autograd.checking import GradcheckError, gradcheck, gradgradcheck
    from microgradx.autograd.function import Function

__all__ = [
    "Function",
    "GradcheckError",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "is_anomaly_enabled",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "recording",
    "set_detect_anomaly",
    "set_grad_enabled",
]

_LOADED_WHEN_USED = {
    "Function": "function",
    "GradcheckError": "checking",
    "gradcheck": "checking",
    "gradgradcheck": "checking",
}


def __getattr__(name: str) -> Any:
    if name == "functional":
        return _import_module("microgradx.autograd.functional")
    if name not in _LOADED_WHEN_USED:
        raise AttributeError(f"module 'microgradx.autograd' has no attribute {name!r}")
    return getattr(_import_module(f"microgradx.autograd.{_LOADED_WHEN_USED[name]}"), name)
