"""Mixed precision is off, as in PyTorch on a machine without a GPU."""

import pytest
import torch

import microgradx as mgx

BOTH = pytest.mark.parametrize("lib", [mgx, torch])


def train(lib, scaler, autocast):
    lib.manual_seed(0)
    layer = lib.nn.Linear(3, 1)
    optimizer = lib.optim.SGD(layer.parameters(), lr=0.1)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        with autocast:
            loss = layer(lib.ones(2, 3)).square().mean()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    return losses, scaler.is_enabled(), scaler.get_scale(), scaler.state_dict(), scaler.load_state_dict({})


@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
def test_the_loop_runs_as_without():
    for of in (
        lambda lib: (lib.amp.GradScaler("cuda", enabled=False), lib.autocast("cuda", lib.float16, enabled=False)),
        lambda lib: (lib.cuda.amp.GradScaler(enabled=False), lib.cuda.amp.autocast(enabled=False)),
        lambda lib: (lib.amp.GradScaler(enabled=False), lib.amp.autocast("cpu", enabled=False)),
    ):
        ours, theirs = (train(lib, *of(lib)) for lib in (mgx, torch))
        assert ours[0] == pytest.approx(theirs[0], abs=1e-6)
        assert ours[1:] == theirs[1:]


@BOTH
def test_a_gpu_that_is_not_there_is_told(lib):
    with pytest.warns(UserWarning, match="is enabled, but .* is not available.  Disabling."):
        assert not lib.amp.GradScaler("cuda").is_enabled()
    with pytest.warns(UserWarning, match="is not available.* Disabling autocast"), lib.autocast("cuda"):
        assert (lib.ones(2, 2) @ lib.ones(2, 2)).dtype is lib.float32


@BOTH
def test_a_function(lib):
    @lib.autocast("cuda", enabled=False)
    def one():
        return 1

    assert one() == 1


def test_the_cpu_has_none():
    assert not mgx.amp.is_autocast_available("cpu")
    with pytest.raises(RuntimeError, match="autocast: expected enabled=False for the CPU"):
        mgx.autocast("cpu")
