"""Derivatives: backward and grad, custom functions, Jacobians, and their numeric verification."""

from microgradx.autograd import functional
from microgradx.autograd.function import Function
from microgradx.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from microgradx.autograd.modes import (
    detect_anomaly, enable_grad, inference_mode, is_anomaly_enabled, is_grad_enabled, is_inference_mode_enabled, no_grad,
    recording, set_detect_anomaly, set_grad_enabled,
)  # fmt: skip
from microgradx.backward import backward, grad

__all__ = [
    "Function", "GradcheckError", "backward", "detect_anomaly", "enable_grad", "functional", "grad", "gradcheck",
    "gradgradcheck", "inference_mode", "is_anomaly_enabled", "is_grad_enabled", "is_inference_mode_enabled", "no_grad",
    "recording", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip
