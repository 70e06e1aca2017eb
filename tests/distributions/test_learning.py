"""Small programs that learn with distributions: they go through the same losses as with PyTorch."""

import numpy as np
import pytest
import torch

import microgradx as mgx


def reinforce(lib):
    """Policy gradients on a line of five cells: the reward is at the right end."""
    policy = lib.nn.Sequential(lib.nn.Linear(5, 8), lib.nn.Tanh(), lib.nn.Linear(8, 2))
    optimizer = lib.optim.Adam(policy.parameters(), lr=0.02)
    for _ in range(30):
        position, log_probs, rewards = 0, [], []
        for _ in range(12):
            state = lib.zeros(5)
            state[position] = 1.0
            action = lib.distributions.Categorical(logits=policy(state))
            move = action.sample()
            log_probs.append(action.log_prob(move))
            position = min(max(position + (1 if move.item() else -1), 0), 4)
            rewards.append(1.0 if position == 4 else -0.1)
        returns = lib.tensor(np.cumsum(rewards[::-1])[::-1].tolist())
        loss = -(lib.stack(log_probs) * returns).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


def autoencoder(lib):
    """A variational autoencoder of binary patterns, with a normal latent variable."""
    encoder, decoder = lib.nn.Linear(6, 4), lib.nn.Linear(2, 6)
    optimizer = lib.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=0.05)
    d = lib.distributions
    patterns = d.Bernoulli(probs=lib.tensor([[0.9, 0.9, 0.9, 0.1, 0.1, 0.1], [0.1, 0.1, 0.1, 0.9, 0.9, 0.9]]))
    prior = d.Independent(d.Normal(lib.zeros(2), lib.ones(2)), 1)
    for _ in range(30):
        x = patterns.sample((16,)).reshape(-1, 6)
        mean, log_scale = encoder(x).chunk(2, -1)
        latent = d.Independent(d.Normal(mean, log_scale.exp()), 1)
        likelihood = d.Bernoulli(logits=decoder(latent.rsample())).log_prob(x).sum(-1)
        loss = (d.kl_divergence(latent, prior) - likelihood).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


def squashed_actions(lib):
    """The actor of soft actor-critic: actions in (-1, 1) that are to be near to 0.5, and random."""
    actor = lib.nn.Linear(3, 2)
    optimizer = lib.optim.Adam(actor.parameters(), lr=0.05)
    d = lib.distributions
    for _ in range(30):
        mean, log_scale = actor(lib.randn(20, 3)).chunk(2, -1)
        policy = d.TransformedDistribution(d.Normal(mean, log_scale.exp()), [d.TanhTransform(cache_size=1)])
        action = policy.rsample()
        loss = (0.1 * policy.log_prob(action) + (action - 0.5) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


def mixture_density(lib):
    """A mixture of normal distributions, fitted to two clusters by maximum likelihood."""
    d = lib.distributions
    weights, means, log_scales = (lib.nn.Parameter(lib.randn(*s)) for s in ((3,), (3, 2), (3, 2)))
    optimizer = lib.optim.SGD([weights, means, log_scales], lr=0.05, momentum=0.9)
    points = lib.cat([lib.randn(30, 2) * 0.3 + 2, lib.randn(30, 2) * 0.5 - 1])
    for _ in range(30):
        components = d.Independent(d.Normal(means, log_scales.exp()), 1)
        loss = -d.MixtureSameFamily(d.Categorical(logits=weights), components).log_prob(points).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


@pytest.mark.parametrize("program", [reinforce, autoencoder, squashed_actions, mixture_density])
def test_losses_are_pytorchs(program):
    ours, theirs = list(program(mgx)), list(program(torch))
    np.testing.assert_allclose(ours, theirs, 1e-4, 1e-4)
    assert len(ours) == 30
    assert np.mean(ours[-5:]) < np.mean(ours[:5])
