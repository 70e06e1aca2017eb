"""Ready-made parametrizations: weights of a given length, of norm 1, or orthogonal."""

from typing import Any

from microgradx.autograd import no_grad
from microgradx.creation import eye
from microgradx.dtypes import finfo
from microgradx.graph import Variable
from microgradx.nn.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from microgradx.nn.functional import normalize
from microgradx.nn.module import Module
from microgradx.nn.utils.parametrize import register_parametrization
from microgradx.ops.decompose import solve
from microgradx.ops.elementwise import allclose
from microgradx.ops.orthogonal import geqrf, householder_product, matrix_exp
from microgradx.ops.shape import cat, tril

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def norm_except_dim(v: Any, dim: int) -> Any:
    """The lengths of a tensor's slices along a dimension, in a shape that broadcasts; -1 means of the whole tensor."""
    if dim == -1:
        return v.norm()
    others = [d for d in range(v.ndim) if d != dim % v.ndim]
    return v.norm(2, others, keepdim=True) if others else v.abs()


def with_length(v: Any, g: Any, dim: int) -> Any:
    """The direction of ``v`` with the length ``g``, slice by slice."""
    return v * (g / norm_except_dim(v, dim))


def dim_of_outputs(module: Module) -> int:
    """Along which dimension of its weight a layer's outputs lie."""
    return 1 if isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)) else 0


def as_matrix(weight: Any, dim: int) -> Any:
    """A weight as a matrix whose rows lie along a dimension."""
    if dim != 0:
        weight = weight.permute(dim, *(d for d in range(weight.ndim) if d != dim))
    return weight.reshape(weight.shape[0], -1)


def tensor_of(module: Module, name: str) -> Any:
    """The parameter or buffer of that name.

    Raises: ValueError: there is none.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Variable):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return with_length(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train the length and the direction of a weight's rows by themselves: ``w = g · v / ‖v‖``.

    Args:
        module: Has the weight.
        name: Its name.
        dim: Along which dimension the rows lie; None: the whole weight has one length.

    Returns: the module; ``g`` and ``v`` are ``parametrizations.<name>.original0`` and ``original1``.
    Source: T. Salimans and D. Kingma, "Weight normalization" (2016); ``torch.nn.utils.parametrizations.weight_norm``.

    Example:
        >>> layer = mgx.nn.utils.parametrizations.weight_norm(mgx.nn.Linear(20, 40))
        >>> layer.parametrizations.weight.original0.shape
        torch.Size([40, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(state_dict: Any, prefix: str, *_: Any) -> None:
        """Before loading: the names that the older `nn.utils.weight_norm` gives."""
        old, new = f"{prefix}{name}", f"{prefix}parametrizations.{name}.original"
        if f"{old}_g" in state_dict and f"{old}_v" in state_dict:
            state_dict[f"{new}0"] = state_dict.pop(f"{old}_g")
            state_dict[f"{new}1"] = state_dict.pop(f"{old}_v")

    module._register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    """The weight divided by its largest singular value, which is estimated: a little better at each forward."""

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:  # of a vector, the norm is known
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight.detach(), self.dim)
            u, v = (matrix.new_empty(n).normal_(0, 1) for n in matrix.shape)
            self.register_buffer("_u", normalize(u, dim=0, eps=eps))
            self.register_buffer("_v", normalize(v, dim=0, eps=eps))
            self._improve(matrix, 15)

    def _improve(self, matrix: Any, steps: int) -> None:
        """Power iterations: the vectors turn to those of the largest singular value."""
        with no_grad():
            for _ in range(steps):
                self._u.copy_(normalize(matrix.mv(self._v), dim=0, eps=self.eps))
                self._v.copy_(normalize(matrix.T.mv(self._u), dim=0, eps=self.eps))

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._improve(matrix, self.n_power_iterations)
        # Clones: a second forward, before the backward of the first, changes the vectors in place.
        return weight / self._u.clone().dot(matrix.mv(self._v.clone()))

    def right_inverse(self, value: Any) -> Any:
        return value  # not the inverse, but it lets the weight be set


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight by its largest singular value, so that the layer lengthens no vector.

    In training each reading of the weight improves the estimate of that value; `parametrize.cached` lets it be once.

    Args:
        module: Has the weight.
        name: Its name.
        n_power_iterations: How often the estimate is improved.
        eps: Added to norms, against division by 0.
        dim: Along which dimension the outputs lie; by default 1 for transposed convolutions, else 0.

    Returns: the module.
    Raises: ValueError, IndexError: no such weight, no iterations; no such dimension.
    Source: T. Miyato et al., "Spectral normalization for generative adversarial networks" (2018);
        ``torch.nn.utils.parametrizations.spectral_norm``, with the same draws.

    Example:
        >>> _ = mgx.manual_seed(0)
        >>> layer = mgx.nn.utils.parametrizations.spectral_norm(mgx.nn.Linear(20, 40))
        >>> round(mgx.linalg.matrix_norm(layer.weight, 2).item(), 2)
        1.0
    """
    weight = tensor_of(module, name)
    dim = dim_of_outputs(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


# ---------------------------------------------------------------- orthogonal weights

MAPS = ("matrix_exp", "cayley", "householder")


def _orthogonalized(a: Any) -> Any:
    """Q of ``A = QR``, with signs that make it unique."""
    x, tau = geqrf(a)
    return householder_product(x, tau) * x.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def _is_orthogonal(q: Any) -> bool:
    n, k = q.shape[-2:]
    return allclose(q.mT @ q, eye(k, dtype=q.dtype), atol=10.0 * n * finfo(q.dtype).eps)


class _Orthogonal(Module):
    """A matrix with orthogonal columns (or rows, if these are fewer), from any matrix of its shape."""

    base: Any

    def __init__(self, weight: Any, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Any) -> Any:
        n, k = X.shape[-2:]
        transposed = n < k
        if transposed:
            X, n, k = X.mT, k, n
        if self.orthogonal_map == "householder":
            a = tril(X, -1)
            q = householder_product(a, 2.0 / (1.0 + (a * a).sum(-2)))
            # The diagonal chooses the signs, and is not trained.
            q = q * X.detach().diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)
        else:
            x = tril(X)
            if n != k:
                x = cat([x, x.new_zeros((*x.shape[:-2], n, n - k))], -1)
            a = x - x.mT
            if self.orthogonal_map == "matrix_exp":
                q = matrix_exp(a)
            else:
                one = eye(n, dtype=a.dtype)
                q = solve(one - a * 0.5, one + a * 0.5)
            q = q if n == k else q[..., :k]
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if transposed else q

    def right_inverse(self, Q: Any) -> Any:
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        with no_grad():
            return self._inverse(Q.detach())

    def _inverse(self, given: Any) -> Any:
        n, k = given.shape[-2:]
        transposed = n < k
        q, n, k = (given.mT, k, n) if transposed else (given, n, k)
        if not hasattr(self, "base"):
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            a, tau = geqrf(q)
            on_diagonal = a.diagonal(dim1=-2, dim2=-1)
            signs = on_diagonal.sign()
            on_diagonal.copy_((-signs).where(tau == 0.0, signs))  # without a reflection, the sign is that of Q itself
            return a.mT if transposed else a
        # With a base, the trained matrix starts where the map gives the identity, and the base is the value.
        if n == k:
            q = q.clone() if _is_orthogonal(q) else _orthogonalized(q)
        else:
            q = _orthogonalized(cat([q, q.new_empty((*q.shape[:-2], n, n - k)).normal_()], -1))
        self.base = q
        negative = given.new_zeros(given.shape)
        negative.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return negative


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Keep a weight orthogonal: its columns, or its rows if these are fewer, have length 1 and are orthogonal.

    Args:
        module: Has the weight, a matrix or a batch of them.
        name: Its name.
        orthogonal_map: From what the weight is computed: ``"matrix_exp"``, the exponential of an antisymmetric matrix;
            ``"cayley"``, a quotient that is nearly the same; ``"householder"``, a product of reflections. By default
            the first for square matrices, else the last.
        use_trivialization: Multiply with a fixed orthogonal matrix, so that the weight may be set, and what is trained
            begins at the same place.

    Returns: the module.
    Raises: ValueError: no such weight, fewer than two dimensions, another ``orthogonal_map``.
    Source: M. Lezcano-Casado, "Trivializations for gradient-based optimization on manifolds" (2019);
        ``torch.nn.utils.parametrizations.orthogonal``, with the same draws.

    Example:
        >>> layer = mgx.nn.utils.parametrizations.orthogonal(mgx.nn.Linear(20, 40))
        >>> bool(((layer.weight.T @ layer.weight - mgx.eye(20)).abs() < 1e-5).all())
        True
    """
    weight = tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
    if orthogonal_map not in MAPS:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    parametrization = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)
