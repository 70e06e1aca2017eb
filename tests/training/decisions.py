"""Programs that learn what to do, and others that differentiate through derivatives. See `tests.test_training`."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from typing import Any


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


def actor_critic(lib: Any) -> Iterator[Any]:
    """A pole is balanced: Categorical draws, a critic guesses the return, entropy keeps trying."""
    nn = lib.nn
    categorical = importlib.import_module(lib.__name__ + ".distributions").Categorical
    body, actor, critic = nn.Linear(3, 16), nn.Linear(16, 2), nn.Linear(16, 1)
    net = nn.ModuleList([body, actor, critic])
    optimizer = lib.optim.Adam(net.parameters(), lr=0.03)
    for _ in range(30):
        state = lib.tensor([0.0, 0.1, 0.05])
        steps, rewards = [], []
        for _ in range(10):
            h = nn.functional.relu(body(state))
            choice, value = categorical(nn.functional.softmax(actor(h), dim=-1)), critic(h)
            action = choice.sample()
            steps.append((choice.log_prob(action), value, choice.entropy()))
            push = 1.0 if action.item() == 1 else -1.0
            speed, angle = state[1].item(), state[2].item()
            state = state + 0.1 * lib.tensor([angle, push - angle, 3 * speed])
            rewards.append(1.0 - abs(angle))
            if abs(state[2].item()) > 0.5:
                break
        total, returns = 0.0, []
        for reward in reversed(rewards):
            total = reward + 0.99 * total
            returns.insert(0, total)
        policy_losses, value_losses = [], []
        for (log_prob, value, entropy), gain in zip(steps, returns):
            policy_losses.append(-log_prob * (gain - value.item()) - 0.01 * entropy)
            value_losses.append(nn.functional.smooth_l1_loss(value, lib.tensor([gain])))
        optimizer.zero_grad()
        loss = lib.stack(policy_losses).sum() + lib.stack(value_losses).sum()
        loss.backward()
        optimizer.step()
        yield loss
        yield sum(rewards)


def ppo(lib: Any) -> Iterator[Any]:
    """Proximal policy optimization of a Normal policy: clipped ratios, four steps for each batch."""
    nn = lib.nn
    normal = importlib.import_module(lib.__name__ + ".distributions").Normal
    mean, log_std = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)), nn.Parameter(lib.zeros(1))
    optimizer = lib.optim.Adam([*mean.parameters(), log_std], lr=0.01)
    for _ in range(15):
        state = lib.randn(16, 2)
        with lib.no_grad():
            policy = normal(mean(state), log_std.exp())
            action = policy.sample()
            before = policy.log_prob(action)
            reward = -((action - state.sum(1, keepdim=True)) ** 2)
            gain = (reward - reward.mean()) / (reward.std() + 1e-8)
        for _ in range(4):
            policy = normal(mean(state), log_std.exp())
            ratio = (policy.log_prob(action) - before).exp()
            loss = -lib.min(ratio * gain, lib.clamp(ratio, 0.8, 1.2) * gain).mean() - 0.01 * policy.entropy().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
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


def differential_equation(lib: Any) -> Iterator[Any]:
    """A network is made to solve u'' = -π² sin(πx): derivatives by x, of second order, in the loss."""
    nn = lib.nn
    net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = lib.optim.Adam(net.parameters(), lr=0.01)
    x = lib.linspace(0, 1, 20).view(-1, 1).requires_grad_(True)
    for _ in range(60):
        u = net(x)
        (slope,) = lib.autograd.grad(u, x, lib.ones_like(u), create_graph=True)
        (bend,) = lib.autograd.grad(slope, x, lib.ones_like(u), create_graph=True)
        inside = ((bend + math.pi**2 * lib.sin(math.pi * x)) ** 2).mean()
        loss = 0.1 * inside + (u[0] ** 2 + u[-1] ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


PROGRAMS = [reinforce, q_learning, actor_critic, ppo, maml, differential_equation]
