"""``torch.backends``: switches for libraries that microgradx does without; they may be set, without effect."""

from microgradx.backends import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]
