"""Functions of functions: derivatives, and one call for a whole batch; modules as functions: ``torch.func``."""

from microgradx.func.derivatives import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp
from microgradx.func.modules import functional_call, stack_module_state
from microgradx.func.vectorize import vmap

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "stack_module_state",
    "vjp",
    "vmap",
]
