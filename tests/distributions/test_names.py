"""The names of the package are PyTorch's."""

import importlib

import pytest
import torch

import microgradx as mgx

THEIRS = set(torch.distributions.__all__)
OURS = set(mgx.distributions.__all__) - {"constraints", "transforms"}


def test_all_names_are_pytorchs():
    assert OURS == THEIRS


def test_unknown_names():
    with pytest.raises(AttributeError, match=r"module 'microgradx\.distributions' has no attribute 'Norml'"):
        mgx.distributions.Norml  # noqa: B018


@pytest.mark.parametrize("name", sorted(OURS - {"identity_transform", "biject_to", "transform_to"}))
def test_modules_are_pytorchs(name):
    """As in ``from torch.distributions.normal import Normal``."""
    module = getattr(torch.distributions, name).__module__
    ours = importlib.import_module(module.replace("torch.", "microgradx.", 1))
    assert getattr(ours, name) is getattr(mgx.distributions, name)
