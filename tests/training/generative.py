"""Programs that learn to make data. See `tests.test_training`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from tests.training.data import bars


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


def dcgan(lib: Any) -> Iterator[Any]:
    """Convolutional generator and discriminator, with layers that write in place and labels that are filled."""
    nn = lib.nn

    def weights_init(m: Any) -> None:
        name = m.__class__.__name__
        if name.find("Conv") != -1:
            nn.init.normal_(m.weight.data, 0.0, 0.02)
        elif name.find("BatchNorm") != -1:
            nn.init.normal_(m.weight.data, 1.0, 0.02)
            nn.init.constant_(m.bias.data, 0)

    generator = nn.Sequential(
        nn.ConvTranspose2d(4, 8, 4, 1, 0, bias=False), nn.BatchNorm2d(8), nn.ReLU(True),
        nn.ConvTranspose2d(8, 1, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 8, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(8, 8, 3, 1, 1), nn.BatchNorm2d(8), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(8, 1, 4, 1, 0, bias=False), nn.Sigmoid(),
    )  # fmt: skip
    criterion = nn.BCELoss()
    optimizers = []
    for net in (generator, discriminator):
        net.apply(weights_init)
        optimizers.append(lib.optim.Adam(net.parameters(), lr=2e-3, betas=(0.5, 0.999)))
    for _ in range(25):
        discriminator.zero_grad()
        label = lib.full((8,), 1.0)
        real = criterion(discriminator(lib.rand(8, 1, 8, 8)).view(-1), label)
        real.backward()
        images = generator(lib.randn(8, 4, 1, 1))
        label.fill_(0.0)
        fake = criterion(discriminator(images.detach()).view(-1), label)
        fake.backward()
        optimizers[1].step()
        generator.zero_grad()
        label.fill_(1.0)
        loss = criterion(discriminator(images).view(-1), label)
        loss.backward()
        optimizers[0].step()
        yield real + fake
        yield loss


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


def flow(lib: Any) -> Iterator[Any]:
    """A normalizing flow of coupling layers: ``chunk``, logarithms of determinants."""
    nn = lib.nn

    class Coupling(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self, swap: bool) -> None:
            super().__init__()
            self.swap = swap
            self.net = nn.Sequential(nn.Linear(1, 16), nn.LeakyReLU(), nn.Linear(16, 2))

        def forward(self, x: Any) -> Any:
            a, b = x.chunk(2, dim=1)
            if self.swap:
                a, b = b, a
            scale, shift = self.net(a).tanh().unbind(1)
            b = b * scale.exp().unsqueeze(1) + shift.unsqueeze(1)
            return lib.cat([b, a] if self.swap else [a, b], dim=1), scale

    layers = nn.ModuleList([Coupling(i % 2 == 1) for i in range(4)])
    optimizer = lib.optim.Adam(layers.parameters(), lr=5e-3)
    for _ in range(50):
        x = lib.randn(32, 2)
        x = lib.stack([x[:, 0], x[:, 0] ** 2 + 0.3 * x[:, 1]], dim=1)
        volume = 0
        for layer in layers:
            x, change = layer(x)
            volume = volume + change
        loss = (0.5 * (x**2).sum(1) + math.log(2 * math.pi) - volume).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


def diffusion(lib: Any) -> Iterator[Any]:
    """Noise is predicted at a random time of 20, and then taken away in 20 steps."""
    nn = lib.nn
    betas = lib.linspace(1e-4, 0.2, 20)
    kept = lib.cumprod(1 - betas, dim=0)

    class Net(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.time, self.first, self.shift = nn.Embedding(20, 8), nn.Linear(2, 16), nn.Linear(8, 16)
            self.rest = nn.Sequential(nn.SiLU(), nn.Linear(16, 16), nn.SiLU(), nn.Linear(16, 2))

        def forward(self, x: Any, t: Any) -> Any:
            return self.rest(self.first(x) + self.shift(self.time(t)))

    net = Net()
    optimizer = lib.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(50):
        angle, t = lib.rand(32) * 2 * math.pi, lib.randint(0, 20, (32,))
        x = lib.stack((angle.cos(), angle.sin()), -1)
        noise, part = lib.randn_like(x), kept.gather(-1, t)[:, None]
        loss = nn.functional.mse_loss(net(part.sqrt() * x + (1 - part).sqrt() * noise, t), noise)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss
    with lib.no_grad():
        x = lib.randn(4, 2)
        for t in reversed(range(20)):
            noise = net(x, lib.full((4,), t, dtype=lib.long))
            x = (x - betas[t] / (1 - kept[t]).sqrt() * noise) / (1 - betas[t]).sqrt()
            if t > 0:
                x += betas[t].sqrt() * lib.randn_like(x)
            yield x.norm()


PROGRAMS = [gan, dcgan, wgan_gp, vae, flow, diffusion]
