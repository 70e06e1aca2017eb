"""Programs on images. See `tests.test_training`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.training.data import bars


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


def resnet(lib: Any) -> Iterator[Any]:
    """Residual blocks with ``+=``, He's initialisation, mixup, the one-cycle schedule, an accuracy."""
    nn = lib.nn
    F = nn.functional

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self, a: int, b: int, stride: int = 1) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b)
            self.conv2, self.bn2 = nn.Conv2d(b, b, 3, 1, 1, bias=False), nn.BatchNorm2d(b)
            self.shortcut = nn.Sequential()
            if stride != 1 or a != b:
                self.shortcut = nn.Sequential(nn.Conv2d(a, b, 1, stride, bias=False), nn.BatchNorm2d(b))

        def forward(self, x: Any) -> Any:
            out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            out += self.shortcut(x)
            return F.relu(out)

    net = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), Block(4, 4), Block(4, 6, 2), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(),
        nn.Linear(6, 4),
    )  # fmt: skip
    for m in net.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(m, nn.BatchNorm2d):
            nn.init.constant_(m.weight, 1)
            nn.init.constant_(m.bias, 0)
    x, y = lib.randn(16, 3, 8, 8), lib.randint(0, 4, (16,))
    optimizer = lib.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    schedule = lib.optim.lr_scheduler.OneCycleLR(optimizer, 0.2, epochs=5, steps_per_epoch=10)
    for _ in range(50):
        part, order = lib.rand(1).item(), lib.randperm(16)
        out = net(part * x + (1 - part) * x[order, :])
        loss = part * F.cross_entropy(out, y) + (1 - part) * F.cross_entropy(out, y[order])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        yield loss
        yield (out.argmax(dim=1) == y).sum().item() / len(y)


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


def superresolution(lib: Any) -> Iterator[Any]:
    """Larger images from small ones: ``interpolate`` down, PixelShuffle up."""
    nn = lib.nn
    net = nn.Sequential(nn.Conv2d(1, 8, 5, padding=2), nn.Tanh(), nn.Conv2d(8, 4, 3, padding=1), nn.PixelShuffle(2))
    optimizer = lib.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(50):
        x = lib.rand(4, 1, 8, 8)
        small = nn.functional.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
        loss = nn.MSELoss()(net(small), x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


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


PROGRAMS = [cnn, resnet, autoencoder, superresolution, transfer, unet, style]
