"""Settings for all tests: Hypothesis profiles, one thread, and no state left behind."""

import os

import pytest
import torch
from hypothesis import HealthCheck, settings

import microgradx as mgx

_common = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=25, derandomize=True, **_common)
settings.register_profile("thorough", max_examples=200, derandomize=True, **_common)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "thorough" if os.environ.get("CI") else "quick"))

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def clean_state():
    """Every test starts from the same random state, with recording on and float32 by default."""
    mgx.manual_seed(0)
    torch.manual_seed(0)
    yield
    assert mgx.is_grad_enabled()
    assert mgx.get_default_dtype() is mgx.float32
