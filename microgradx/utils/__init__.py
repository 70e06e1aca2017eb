"""Utilities, at PyTorch's places."""

from microgradx.utils import data

__all__ = ["data"]
