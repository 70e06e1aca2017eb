"""Whole training programs, as courses have them: each prints the same losses as with PyTorch.

A program is a function of the library: it makes data, a model and an optimizer from one seed, trains, and yields its
loss after each step. What it yields is printed with four decimals, and the lines of both libraries must be equal. So
the random numbers, the initial values, the gradients and the steps are, and stay, PyTorch's.

Sums are rounded in another order than in PyTorch, so losses differ in their last digits: by less than 1e-6 in
float32 and 1e-15 in float64. A loss that lies so near to the border between two printed numbers may be printed as
either. Steps of L-BFGS multiply such differences by hundreds, so `style` always computes in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

import microgradx as mgx

Program = Callable[[Any], Iterator[Any]]  # of the library; yields losses


def waves(lib: Any, n: int) -> tuple[Any, Any]:
    """Points in a square, and which side of a wave they are on."""
    x = lib.rand(n, 2) * 2 - 1
    return x, (x[:, 1] > 0.5 * (4 * x[:, 0]).sin()).long()


def bars(lib: Any, n: int, size: int = 8) -> tuple[Any, Any]:
    """Noisy images of one bright row (class 0), column (1), or diagonal (2)."""
    y = lib.randint(0, 3, (n,))
    x = 0.3 * lib.randn(n, 1, size, size)
    for i, label in enumerate(y.tolist()):
        k = i % size
        if label == 0:
            x[i, 0, k] += 1
        elif label == 1:
            x[i, 0, :, k] += 1
        else:
            x[i, 0] += lib.eye(size)
    return x, y


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


def cnn(lib: Any) -> Iterator[Any]:
    """Convolutions with batch norm and pooling, SGD with momentum; at the end the running statistics."""
    nn = lib.nn
    F = nn.functional

    class Net(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(1, 6, 3, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(6)
            self.conv2 = nn.Conv2d(6, 8, 3)
            self.bn2 = nn.BatchNorm2d(8)
            self.fc = nn.Linear(8, 3)

        def forward(self, x: Any) -> Any:
            x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)
            x = F.relu(self.bn2(self.conv2(x)))
            return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))

    x, y = bars(lib, 48)
    net = Net()
    optimizer = lib.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3)
    for step in range(50):
        rows = slice(step % 3 * 16, step % 3 * 16 + 16)
        loss = F.cross_entropy(net(x[rows]), y[rows], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss
    net.eval()
    yield F.nll_loss(F.log_softmax(net(x), dim=1), y)
    yield net.bn1.running_mean.abs().sum()
    yield net.bn2.running_var.mean()


def lstm(lib: Any) -> Iterator[Any]:
    """The next letter of a text: embedding, two layers of LSTM, a linear layer, clipped gradients."""
    nn = lib.nn
    text = "the quick brown fox jumps over the lazy dog and the dog sleeps on "
    letters = sorted(set(text))
    codes = lib.tensor([letters.index(c) for c in text])

    class Net(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(len(letters), 8)
            self.lstm = nn.LSTM(8, 16, num_layers=2, batch_first=True, dropout=0.1)
            self.head = nn.Linear(16, len(letters))

        def forward(self, x: Any, state: Any = None) -> Any:
            out, state = self.lstm(self.embed(x), state)
            return self.head(out), state

    net = Net()
    optimizer = lib.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(50):
        starts = lib.randint(0, len(text) - 13, (8,))
        x = lib.stack([codes[i : i + 12] for i in starts])
        y = lib.stack([codes[i + 1 : i + 13] for i in starts])
        logits, _ = net(x)
        loss = nn.functional.cross_entropy(logits.view(-1, len(letters)), y.view(-1))
        optimizer.zero_grad()
        loss.backward()
        yield nn.utils.clip_grad_norm_(net.parameters(), 0.5)
        optimizer.step()
        yield loss


def transformer(lib: Any) -> Iterator[Any]:
    """Two encoder layers with dropout and a causal mask, AdamW, warm-up and cosine."""
    nn = lib.nn
    width, words, length = 16, 11, 9

    class Net(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(words, width)
            position = lib.arange(length).unsqueeze(1)
            rate = lib.exp(lib.arange(0, width, 2) * (-math.log(10000.0) / width))
            table = lib.zeros(length, width)
            table[:, 0::2] = lib.sin(position * rate)
            table[:, 1::2] = lib.cos(position * rate)
            self.register_buffer("table", table)
            layer = nn.TransformerEncoderLayer(width, 4, 32, dropout=0.1, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2)
            self.head = nn.Linear(width, words)
            self.drop = nn.Dropout(0.1)

        def forward(self, x: Any) -> Any:
            mask = nn.Transformer.generate_square_subsequent_mask(x.size(1))
            h = self.drop(self.embed(x) * math.sqrt(width) + self.table)
            return self.head(self.encoder(h, mask=mask, is_causal=True))

    net = Net()
    optimizer = lib.optim.AdamW(net.parameters(), lr=5e-3, betas=(0.9, 0.98), weight_decay=0.05)
    schedules = lib.optim.lr_scheduler
    warm = schedules.LinearLR(optimizer, 0.1, total_iters=10)
    schedule = schedules.SequentialLR(optimizer, [warm, schedules.CosineAnnealingLR(optimizer, 40)], [10])
    for _ in range(50):
        first = lib.randint(0, words, (8, 1))
        row = (first + lib.arange(length + 1) * 3) % words
        logits = net(row[:, :-1])
        loss = nn.functional.cross_entropy(logits.transpose(1, 2), row[:, 1:])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        yield loss
    yield schedule.get_last_lr()[0]


def gan(lib: Any) -> Iterator[Any]:
    """A generator against a discriminator: two optimizers, BCELoss, ``detach``."""
    nn = lib.nn

    def weights_init(m: Any) -> None:
        if m.__class__.__name__.find("Linear") != -1:
            m.weight.data.normal_(0.0, 0.3)
            m.bias.data.fill_(0)

    generator = nn.Sequential(nn.Linear(4, 16), nn.LeakyReLU(0.2, inplace=True), nn.Linear(16, 2))
    discriminator = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Dropout(0.1), nn.Linear(16, 1), nn.Sigmoid())
    generator.apply(weights_init)
    discriminator.apply(weights_init)
    criterion = nn.BCELoss()
    optimizers = [lib.optim.Adam(net.parameters(), lr=0.01, betas=(0.5, 0.999)) for net in (generator, discriminator)]
    for _ in range(50):
        angle = lib.rand(32) * 2 * math.pi
        real = lib.stack([angle.cos(), angle.sin()], 1) + 0.05 * lib.randn(32, 2)
        ones, zeros = lib.ones(32, 1), lib.zeros(32, 1)
        fake = generator(lib.randn(32, 4))
        optimizers[1].zero_grad()
        loss = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
        loss.backward()
        optimizers[1].step()
        yield loss
        optimizers[0].zero_grad()
        loss = criterion(discriminator(fake), ones)
        loss.backward()
        optimizers[0].step()
        yield loss


def reinforce(lib: Any) -> Iterator[Any]:
    """Policy gradient in a corridor of six rooms; actions are drawn with ``multinomial``."""
    nn = lib.nn
    policy = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2), nn.Softmax(dim=-1))
    optimizer = lib.optim.Adam(policy.parameters(), lr=0.02)
    eps = lib.finfo(lib.float32).eps
    for _ in range(50):
        room, log_probs, rewards = 2, [], []
        for _ in range(12):
            state = lib.zeros(6)
            state[room] = 1.0
            probs = policy(state)
            action = probs.multinomial(1).item()
            log_probs.append(probs[action].log())
            room = min(max(room + (1 if action else -1), 0), 5)
            rewards.append(1.0 if room == 5 else -0.1)
            if room == 5:
                break
        total, returns = 0.0, []
        for reward in rewards[::-1]:
            total = reward + 0.95 * total
            returns.insert(0, total)
        gains = lib.tensor(returns)
        if len(returns) > 1:
            gains = (gains - gains.mean()) / (gains.std() + eps)
        optimizer.zero_grad()
        loss = lib.cat([(-log_prob * gain).unsqueeze(0) for log_prob, gain in zip(log_probs, gains)]).sum()
        loss.backward()
        optimizer.step()
        yield loss
        yield sum(rewards)


def q_learning(lib: Any) -> Iterator[Any]:
    """Deep Q-learning in the same corridor: a memory, a target network, ``gather``, SmoothL1Loss."""
    nn = lib.nn
    net, target = (nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 2)) for _ in range(2))
    target.load_state_dict(net.state_dict())
    optimizer = lib.optim.RMSprop(net.parameters(), lr=0.005)
    memory: list[tuple[int, int, float, int]] = []
    rooms = lib.eye(6)
    room = 2
    for step in range(60):
        with lib.no_grad():
            greedy = net(rooms[room]).max(0)[1].item()
        action = lib.randint(0, 2, (1,)).item() if lib.rand(1).item() < 0.3 else greedy
        after = min(max(room + (1 if action else -1), 0), 5)
        memory.append((room, action, 1.0 if after == 5 else -0.1, after))
        room = 2 if after == 5 else after
        picks = lib.randint(0, len(memory), (16,)).tolist()
        s, a, r, s2 = (lib.tensor(column) for column in zip(*[memory[i] for i in picks]))
        values = net(rooms[s]).gather(1, a.unsqueeze(1)).squeeze(1)
        with lib.no_grad():
            expected = r + 0.9 * target(rooms[s2]).max(1).values * (s2 != 5)
        loss = nn.SmoothL1Loss()(values, expected)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(net.parameters(), 1.0)
        optimizer.step()
        if step % 10 == 9:
            target.load_state_dict(net.state_dict())
        yield loss


def autoencoder(lib: Any) -> Iterator[Any]:
    """Strided convolutions down, ConvTranspose2d up, a learning rate that falls in steps."""
    nn = lib.nn
    encoder = nn.Sequential(nn.Conv2d(1, 6, 3, 2, 1), nn.ReLU(), nn.Conv2d(6, 4, 3, 2, 1), nn.GELU())
    decoder = nn.Sequential(
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1), nn.ReLU(),
        nn.ConvTranspose2d(6, 1, 4, stride=2, padding=1),
    )  # fmt: skip
    model = nn.Sequential(encoder, decoder)
    x, _ = bars(lib, 24)
    optimizer = lib.optim.Adam(model.parameters(), lr=0.01, amsgrad=True)
    schedule = lib.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.5)
    for _ in range(50):
        loss = nn.MSELoss()(model(x), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        yield loss


def vae(lib: Any) -> Iterator[Any]:
    """A variational autoencoder: random numbers in the model, two losses, sums."""
    nn = lib.nn
    F = nn.functional
    x = bars(lib, 32)[0].flatten(1)
    x = (x > 0.5).to(x.dtype)
    encoder, decoder = nn.Linear(64, 8), nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 64), nn.Sigmoid())
    optimizer = lib.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.01)
    for _ in range(50):
        mu, log_var = encoder(x).chunk(2, dim=1)
        std = lib.exp(0.5 * log_var)
        z = mu + std * lib.randn_like(std)
        rebuilt = F.binary_cross_entropy(decoder(z), x, reduction="sum")
        kl = -0.5 * lib.sum(1 + log_var - mu.pow(2) - log_var.exp())
        optimizer.zero_grad()
        (rebuilt + kl).backward()
        optimizer.step()
        yield rebuilt / x.numel()
        yield kl / len(x)


def seq2seq(lib: Any) -> Iterator[Any]:
    """A sentence reversed: GRU encoder, GRU decoder with attention, teacher forcing, an optimizer each."""
    nn = lib.nn
    F = nn.functional
    words, width = 9, 12

    class Decoder(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(words, width)
            self.dropout = nn.Dropout(0.1)
            self.query, self.key = nn.Linear(width, width), nn.Linear(width, width)
            self.score = nn.Linear(width, 1)
            self.gru = nn.GRU(2 * width, width, batch_first=True)
            self.out = nn.Linear(width, words)

        def forward(self, token: Any, hidden: Any, memory: Any) -> Any:
            scores = self.score(lib.tanh(self.query(hidden.permute(1, 0, 2)) + self.key(memory)))
            weights = F.softmax(scores.squeeze(2).unsqueeze(1), dim=-1)
            context = lib.bmm(weights, memory)
            x = lib.cat((self.dropout(self.embedding(token)), context), dim=2)
            out, hidden = self.gru(x, hidden)
            return self.out(out), hidden

    embedding, encoder, decoder = nn.Embedding(words, width), nn.GRU(width, width, batch_first=True), Decoder()
    optimizers = [
        lib.optim.Adam([*embedding.parameters(), *encoder.parameters()], lr=0.01),
        lib.optim.Adam(decoder.parameters(), lr=0.01),
    ]
    criterion = nn.NLLLoss()
    for step in range(50):
        x = lib.randint(1, words, (6, 5))
        y = x.flip(1)
        for optimizer in optimizers:
            optimizer.zero_grad()
        memory, hidden = encoder(embedding(x))
        token, outputs = lib.zeros(6, 1, dtype=lib.long), []
        for i in range(5):
            out, hidden = decoder(token, hidden, memory)
            outputs.append(out)
            if step % 2:
                token = y[:, i].unsqueeze(1)  # teacher forcing
            else:
                _, best = out.topk(1)
                token = best.squeeze(-1).detach()
        log_probs = F.log_softmax(lib.cat(outputs, dim=1), dim=-1)
        loss = criterion(log_probs.view(-1, words), y.reshape(-1))
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        yield loss


def style(lib: Any) -> Iterator[Any]:
    """L-BFGS on an image, until a fixed network sees in it the content of one image and the style of another."""
    lib.set_default_dtype(lib.float64)
    nn = lib.nn
    F = nn.functional
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(4, 6, 3), nn.Tanh())
    net.eval().requires_grad_(False)
    for p in net.parameters():
        p.mul_(3)
    content, style = lib.rand(1, 1, 8, 8), lib.eye(8).expand(1, 1, 8, 8)

    def gram(features: Any) -> Any:
        f = features.view(features.size(1), -1)
        return lib.mm(f, f.t()).div(f.numel())

    goal, look = net(content).detach(), gram(net(style)).detach()
    image = lib.randn(1, 1, 8, 8).requires_grad_(True)
    optimizer = lib.optim.LBFGS([image])
    losses: list[float] = []
    while len(losses) < 50:

        def closure() -> Any:
            with lib.no_grad():
                image.clamp_(0, 1)
            optimizer.zero_grad()
            features = net(image)
            loss = F.mse_loss(features, goal) + 100 * F.mse_loss(gram(features), look)
            loss.backward()
            losses.append(loss.item())
            return loss

        optimizer.step(closure)
    yield from losses


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


def transfer(lib: Any) -> Iterator[Any]:
    """A trained network gets a new head: first the rest is frozen, then it learns at a tenth of the rate."""
    nn = lib.nn
    F = nn.functional
    x, y = bars(lib, 48)
    body = nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    net = nn.Sequential(body, nn.Linear(54, 3))
    optimizer = lib.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(15):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        yield loss
    state = net.state_dict()
    net = nn.Sequential(body, nn.Linear(54, 2))
    yield len(net.load_state_dict({k: v for k, v in state.items() if k.startswith("0.")}, strict=False).missing_keys)
    for p in body.parameters():
        p.requires_grad = False
    optimizer = lib.optim.SGD(filter(lambda p: p.requires_grad, net.parameters()), lr=0.05, momentum=0.9)
    for step in range(40):
        if step == 20:
            for p in body.parameters():
                p.requires_grad = True
            optimizer.param_groups[0]["lr"] = 0.02
            optimizer.add_param_group({"params": body.parameters(), "lr": 0.002})
        loss = F.cross_entropy(net(x), (y > 0).long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss
    yield sum(p.numel() for p in net.parameters())


def unet(lib: Any) -> Iterator[Any]:
    """A class for each pixel: down and up again with a bridge, Upsample, cross_entropy on images."""
    nn = lib.nn
    F = nn.functional

    def block(a: int, b: int) -> Any:
        return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(inplace=True))

    class UNet(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.down, self.deep, self.up = block(1, 4), block(4, 6), block(10, 4)
            self.pool, self.grow = nn.MaxPool2d(2), nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
            self.head = nn.Conv2d(4, 3, 1)

        def forward(self, x: Any) -> Any:
            wide = self.down(x)
            deep = self.grow(self.deep(self.pool(wide)))
            return self.head(self.up(lib.cat([wide, deep], dim=1)))

    x, y = bars(lib, 12)
    target = (x[:, 0] > 0.6).long() * (1 + (y == 2).long())[:, None, None]
    net = UNet()
    optimizer = lib.optim.RMSprop(net.parameters(), lr=2e-3, momentum=0.5)
    for _ in range(50):
        logits = net(x)
        loss = F.cross_entropy(logits, target, weight=lib.tensor([0.2, 1.0, 1.0]))
        chance = F.softmax(logits, dim=1)
        wanted = F.one_hot(target, 3).permute(0, 3, 1, 2).type_as(chance)
        overlap = (chance * wanted).sum((2, 3))
        dice = 1 - ((2 * overlap + 1) / (chance.sum((2, 3)) + wanted.sum((2, 3)) + 1)).mean()
        optimizer.zero_grad()
        (loss + dice).backward()
        optimizer.step()
        yield loss
        yield dice


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


def wgan_gp(lib: Any) -> Iterator[Any]:
    """A critic with a gradient penalty, which trains through its gradient: second derivatives; RMSprop."""
    nn = lib.nn
    generator = nn.Sequential(nn.Linear(3, 12), nn.Tanh(), nn.Linear(12, 2))
    critic = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 16), nn.SiLU(), nn.Linear(16, 1))
    optimizers = [lib.optim.RMSprop(net.parameters(), lr=2e-3) for net in (generator, critic)]
    for step in range(50):
        real = lib.randn(24, 2) * 0.2 + 1
        fake = generator(lib.randn(24, 3))
        part = lib.rand(24, 1)
        between = (part * real + (1 - part) * fake.detach()).requires_grad_(True)
        scores = critic(between)
        (slope,) = lib.autograd.grad(
            outputs=scores, inputs=between, grad_outputs=lib.ones_like(scores), create_graph=True, retain_graph=True
        )
        penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
        optimizers[1].zero_grad()
        loss = critic(fake.detach()).mean() - critic(real).mean() + 10 * penalty
        loss.backward()
        optimizers[1].step()
        yield loss
        if step % 5 == 4:
            optimizers[0].zero_grad()
            loss = -critic(fake).mean()
            loss.backward()
            optimizers[0].step()
            yield loss


def maml(lib: Any) -> Iterator[Any]:
    """Learning to learn: a step of gradient descent inside of the loss, sine waves as tasks."""
    params = [lib.randn(1, 16), lib.zeros(16), lib.randn(16, 1) * 0.3, lib.zeros(1)]
    for p in params:
        p.requires_grad = True
    optimizer = lib.optim.Adam(params, lr=0.01)

    def loss_of(weights: list[Any], x: Any, phase: Any) -> Any:
        guess = lib.tanh(x @ weights[0] + weights[1]) @ weights[2] + weights[3]
        return ((guess - lib.sin(3 * x + phase)) ** 2).mean()

    for _ in range(50):
        total = 0
        for _ in range(3):
            phase, x = lib.rand(1) * 3, lib.rand(20, 1) * 2 - 1
            grads = lib.autograd.grad(loss_of(params, x[:10], phase), params, create_graph=True)
            fast = [p - 0.1 * g for p, g in zip(params, grads)]
            total = total + loss_of(fast, x[10:], phase)
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        yield total


def gpt(lib: Any) -> Iterator[Any]:
    """A character-level transformer with attention by hand, tied weights, one-cycle schedule; then it writes."""
    nn = lib.nn
    F = nn.functional
    text = "one fish two fish red fish blue fish black fish old fish new fish "
    letters = sorted(set(text))
    codes = lib.tensor([letters.index(c) for c in text], dtype=lib.long)
    n, width, heads, length = len(letters), 16, 2, 12

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.proj = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width)
            self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
            self.drop = nn.Dropout(0.1)
            self.register_buffer("tril", lib.tril(lib.ones(length, length)))

        def forward(self, x: Any) -> Any:
            b, t, c = x.shape
            q, k, v = self.qkv(self.ln1(x)).split(width, dim=2)
            q, k, v = (a.view(b, t, heads, c // heads).transpose(1, 2) for a in (q, k, v))
            scores = (q @ k.transpose(-2, -1)) * (c // heads) ** -0.5
            scores = scores.masked_fill(self.tril[:t, :t] == 0, float("-inf"))
            out = self.drop(F.softmax(scores, dim=-1)) @ v
            x = x + self.drop(self.proj(out.transpose(1, 2).contiguous().view(b, t, c)))
            return x + self.mlp(self.ln2(x))

    class GPT(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.tokens, self.positions = nn.Embedding(n, width), nn.Embedding(length, width)
            self.blocks = nn.ModuleList([Block() for _ in range(2)])
            self.ln, self.head = nn.LayerNorm(width), nn.Linear(width, n, bias=False)
            self.apply(self.init_weights)
            self.head.weight = self.tokens.weight

        def init_weights(self, module: Any) -> None:
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, mean=0.0, std=0.1)

        def forward(self, index: Any) -> Any:
            x = self.tokens(index) + self.positions(lib.arange(index.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.head(self.ln(x))

    net = GPT()
    decayed = [p for p in net.parameters() if p.dim() >= 2]
    others = [p for p in net.parameters() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = lib.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95))
    schedule = lib.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.02, total_steps=50)
    for _ in range(50):
        starts = lib.randint(len(text) - length, (6,))
        x = lib.stack([codes[i : i + length] for i in starts])
        y = lib.stack([codes[i + 1 : i + length + 1] for i in starts])
        logits = net(x)
        loss = F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        yield loss
    net.eval()
    index = lib.zeros((1, 1), dtype=lib.long)
    for _ in range(30):
        with lib.no_grad():
            logits = net(index[:, -length:])[:, -1, :] / 0.8
        values, _ = lib.topk(logits, 5)
        logits[logits < values[:, [-1]]] = -float("inf")
        following = lib.multinomial(F.softmax(logits, dim=-1), num_samples=1)
        index = lib.cat((index, following), dim=1)
        yield following.item()


PROGRAMS: list[Program] = [
    mlp, cnn, lstm, transformer, gan, reinforce, q_learning, autoencoder, vae, seq2seq, style, regularized, transfer,
    unet, skipgram, by_hand, matrix_factorization, wgan_gp, maml, gpt,
]  # fmt: skip


def losses(program: Program, lib: Any, dtype: str = "float32") -> list[float]:
    lib.manual_seed(1)
    lib.set_default_dtype(getattr(lib, dtype))
    try:
        return [float(loss.detach() if hasattr(loss, "detach") else loss) for loss in program(lib)]
    finally:
        lib.set_default_dtype(lib.float32)


def lines(values: list[float], others: list[float]) -> list[str]:
    """The values as they are printed; but one that lies between two lines, as the other's, is printed as that."""
    return [
        f"{other if abs(value - other) <= 1e-6 * max(1, abs(other)) else value:.4f}"
        for value, other in zip(values, others)
    ]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_the_same_losses_are_printed(program: Program) -> None:
    ours, theirs = losses(program, mgx), losses(program, torch)
    assert len(ours) == len(theirs) >= 50
    assert lines(ours, theirs) == [f"{loss:.4f}" for loss in theirs]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_in_float64_the_losses_are_equal(program: Program) -> None:
    ours, theirs = losses(program, mgx, "float64"), losses(program, torch, "float64")
    assert len(ours) == len(theirs) >= 50
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)
