"""Programs that a first course has: small networks, by hand and with layers. See `tests.test_training`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from tests.training.data import waves

Program = Callable[[Any], Iterator[Any]]  # of the library; yields losses


def by_hand(lib: Any) -> Iterator[Any]:
    """Without layers or optimizer: a two-layer network as courses first write it."""
    w1 = lib.randn(2, 20, requires_grad=True)
    b1 = lib.zeros(20, requires_grad=True)
    w2 = lib.randn(20, 2, requires_grad=True)
    x, y = waves(lib, 64)
    for step in range(60):
        h = (x @ w1 + b1).clamp(min=0)
        logits = h @ w2 * 0.3
        counts = logits.exp()
        probs = counts / counts.sum(1, keepdims=True)
        loss = -probs[lib.arange(64), y].log().mean() + 1e-3 * (w1**2).mean()
        for p in (w1, b1, w2):
            p.grad = None
        loss.backward()
        for p in (w1, b1, w2):
            p.data += -(0.5 if step < 40 else 0.05) * p.grad
        yield loss


def mlp(lib: Any) -> Iterator[Any]:
    """Dropout, a shuffled loader, Adam; and a test in between, in evaluation mode."""
    nn, data = lib.nn, lib.utils.data
    x, y = waves(lib, 96)
    loader = data.DataLoader(data.TensorDataset(x, y), batch_size=16, shuffle=True)
    model = nn.Sequential(nn.Linear(2, 24), nn.ReLU(), nn.Dropout(0.2), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 2))
    criterion = nn.CrossEntropyLoss()
    optimizer = lib.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(10):
        model.train()
        for batch, target in loader:
            optimizer.zero_grad()
            loss = criterion(model(batch), target)
            loss.backward()
            optimizer.step()
            yield loss
        model.eval()
        with lib.no_grad():
            yield (model(x).argmax(1) == y).float().mean()


def regularized(lib: Any) -> Iterator[Any]:
    """Linear regression in many dimensions: weight decay in the optimizer, and an L1 penalty by hand."""
    nn = lib.nn
    true = lib.zeros(20, 1)
    true[:3] = lib.tensor([[1.0], [-2.0], [3.0]])
    x = lib.randn(40, 20)
    y = x @ true + 0.1 * lib.randn(40, 1)
    net = nn.Linear(20, 1)
    net.weight.data.normal_()
    net.bias.data.fill_(0)
    decayed = [{"params": net.weight, "weight_decay": 0.05}, {"params": net.bias}]
    optimizer = lib.optim.SGD(decayed, lr=0.05)
    for _ in range(60):
        loss = ((net(x) - y) ** 2).mean() / 2
        penalty = sum(p.abs().sum() for p in net.parameters())
        optimizer.zero_grad()
        (loss + 0.01 * penalty).backward()
        optimizer.step()
        yield loss
        yield net.weight.norm().item()


def matrix_factorization(lib: Any) -> Iterator[Any]:
    """A dataset class of one's own, dicts as batches, random_split, embeddings, early stopping on a plateau."""
    nn, data = lib.nn, lib.utils.data

    class Ratings(data.Dataset):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            self.user = lib.randint(0, 8, (60,))
            self.item = lib.randint(0, 9, (60,))
            self.rating = (self.user + self.item) / 5 + 0.1 * lib.randn(60)

        def __len__(self) -> int:
            return len(self.rating)

        def __getitem__(self, i: int) -> dict[str, Any]:
            return {"user": self.user[i], "item": self.item[i], "rating": self.rating[i].item()}

    train, test = data.random_split(Ratings(), [0.8, 0.2])
    users, items = nn.Embedding(8, 4), nn.Embedding(9, 4)
    bias = nn.Parameter(lib.zeros(1))
    params = [*users.parameters(), *items.parameters(), bias]
    optimizer = lib.optim.AdamW(params, lr=0.05)
    schedule = lib.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.05)
    for _ in range(12):
        for batch in data.DataLoader(train, batch_size=10, shuffle=True):
            guess = (users(batch["user"]) * items(batch["item"])).sum(1) + bias
            loss = nn.functional.huber_loss(guess, batch["rating"].to(guess.dtype))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield loss
        with lib.no_grad():
            total = 0.0
            for batch in data.DataLoader(test, batch_size=5):
                guess = (users(batch["user"]) * items(batch["item"])).sum(1) + bias
                total += nn.functional.l1_loss(guess, batch["rating"]).item()
        schedule.step(total)
        yield total
        yield schedule.get_last_lr()[0]


def skipgram(lib: Any) -> Iterator[Any]:
    """Word vectors with negative samples drawn by ``multinomial``, Adagrad, a batch of one word each."""
    nn = lib.nn
    inside, outside = nn.Embedding(12, 6), nn.Embedding(12, 6)
    optimizer = lib.optim.Adagrad([*inside.parameters(), *outside.parameters()], lr=0.3)
    counts = lib.arange(1.0, 13.0) ** 0.75
    for step in range(50):
        center = lib.tensor([step % 12])
        context = (center + 1) % 12
        wrong = lib.multinomial(counts, 4, replacement=True)
        v = inside(center)
        loss = -nn.functional.logsigmoid((v * outside(context)).sum(1)).mean()
        loss = loss - nn.functional.logsigmoid(-(outside(wrong) @ v.squeeze(0))).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


def graph_network(lib: Any) -> Iterator[Any]:
    """A graph convolution by hand: messages are gathered along edges and added up where they arrive."""
    nn = lib.nn
    F = nn.functional
    source, target = lib.randint(0, 10, (2, 30))
    x, y = lib.randn(10, 5), lib.arange(10) % 3
    degree = lib.zeros(10).scatter_add(0, target, lib.ones(30)) + 1

    class Convolution(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self, a: int, b: int) -> None:
            super().__init__()
            self.linear = nn.Linear(a, b)

        def forward(self, x: Any) -> Any:
            h = self.linear(x)
            factor = (degree[source] * degree[target]) ** -0.5
            arrived = lib.zeros_like(h).index_add(0, target, h[source] * factor.unsqueeze(1))
            return arrived + h / degree.unsqueeze(1)

    first, second = Convolution(5, 8), Convolution(8, 3)
    optimizer = lib.optim.Adam([*first.parameters(), *second.parameters()], lr=0.01, weight_decay=5e-4)
    known = lib.tensor([True] * 6 + [False] * 4)
    for _ in range(60):
        out = F.log_softmax(second(F.dropout(F.relu(first(x)), 0.5)), dim=1)
        loss = F.nll_loss(out[known], y[known])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


def own_function(lib: Any) -> Iterator[Any]:
    """An activation with its own derivative, a ParameterList, adversarial inputs by the sign of their gradient."""
    nn = lib.nn

    class Swish(lib.autograd.Function):  # type: ignore[misc,name-defined]
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * lib.sigmoid(x)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            s = lib.sigmoid(x)
            return g * (s * (1 + x * (1 - s)))

    weights = nn.ParameterList([nn.Parameter(lib.randn(3, 8) * 0.5), nn.Parameter(lib.randn(8, 1) * 0.5)])
    optimizer = lib.optim.Adadelta(weights.parameters())
    x = lib.randn(20, 3)
    y = x.norm(dim=1, keepdim=True)

    def loss_of(x: Any) -> Any:
        return (Swish.apply(x @ weights[0]) @ weights[1] - y).pow(2).mean()

    for _ in range(50):
        change = lib.zeros_like(x, requires_grad=True)
        loss_of(x + change).backward()
        worse = (x + 0.05 * change.grad.sign()).detach()
        optimizer.zero_grad()
        loss = 0.5 * loss_of(x) + 0.5 * loss_of(worse)
        loss.backward()
        optimizer.step()
        yield loss


def resumed(lib: Any) -> Iterator[Any]:
    """Gradients are accumulated over two batches; half-way everything is saved, and goes on in new objects."""
    nn = lib.nn

    def make() -> Any:
        net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
        optimizer = lib.optim.AdamW(net.parameters(), lr=0.01, amsgrad=True)
        return net, optimizer, lib.optim.lr_scheduler.CosineAnnealingLR(optimizer, 30)

    parts = net, optimizer, schedule = make()
    x = lib.randn(20, 3)
    y = x.prod(1, keepdim=True)
    for i in range(60):
        if i == 30:
            saved = copy.deepcopy([part.state_dict() for part in parts])
            parts = net, optimizer, schedule = make()
            for part, state in zip(parts, saved):
                part.load_state_dict(state)
        loss = ((net(x) - y) ** 2).mean()
        (loss / 2).backward()
        ((net(x[:5]) - y[:5]).abs().mean() / 2).backward()
        if i % 2:
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
        yield loss


def averaged(lib: Any) -> Iterator[Any]:
    """The mean of the last models, with batch norms computed anew, and a moving average of all."""
    nn, data, swa = lib.nn, lib.utils.data, lib.optim.swa_utils
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
    x = lib.randn(40, 4)
    y = x[:, :1] * x[:, 1:2]
    loader = data.DataLoader(data.TensorDataset(x, y), 8, shuffle=True)
    mean = swa.AveragedModel(net)
    moving = swa.AveragedModel(net, multi_avg_fn=swa.get_ema_multi_avg_fn(0.9), use_buffers=True)
    optimizer = lib.optim.SGD(net.parameters(), lr=0.1)
    schedule = swa.SWALR(optimizer, 0.05, anneal_epochs=3)
    for epoch in range(10):
        for a, b in loader:
            loss = nn.functional.mse_loss(net(a), b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            moving.update_parameters(net)
            yield loss
        if epoch > 3:
            mean.update_parameters(net)
            schedule.step()
    swa.update_bn(loader, mean)
    for model in (mean, moving):
        model.eval()
        yield nn.functional.mse_loss(model(x), y)


PROGRAMS: list[Program] = [
    by_hand,
    mlp,
    regularized,
    matrix_factorization,
    skipgram,
    graph_network,
    own_function,
    resumed,
    averaged,
]
