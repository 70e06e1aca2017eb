"""Programs on sequences. See `tests.test_training`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any


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


def cells(lib: Any) -> Iterator[Any]:
    """A wave is continued by an LSTMCell, a step at a time."""
    nn = lib.nn
    cell, head = nn.LSTMCell(1, 8), nn.Linear(8, 1)
    optimizer = lib.optim.Adam([*cell.parameters(), *head.parameters()], lr=0.02)
    wave = lib.sin(lib.linspace(0, 6, 20))
    for _ in range(50):
        h = c = lib.zeros(1, 8)
        loss = 0
        for i in range(len(wave) - 1):
            h, c = cell(wave[i].view(1, 1), (h, c))
            loss += (head(h) - wave[i + 1]).pow(2).squeeze()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


def packed(lib: Any) -> Iterator[Any]:
    """Sentences of different lengths: padded, packed, read by a GRU in both directions."""
    nn = lib.nn
    rnn = nn.utils.rnn

    class Net(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(12, 6, padding_idx=0)
            self.gru = nn.GRU(6, 8, bidirectional=True, batch_first=True)
            self.head = nn.Linear(16, 3)
            self.dropout = nn.Dropout(0.3)

        def forward(self, x: Any, lengths: Any) -> Any:
            x = rnn.pack_padded_sequence(self.embed(x), lengths, batch_first=True, enforce_sorted=False)
            out, hidden = self.gru(x)
            out, _ = rnn.pad_packed_sequence(out, batch_first=True)
            return self.head(self.dropout(lib.cat([hidden[-2], hidden[-1]], dim=1))), out

    net = Net()
    optimizer = lib.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(50):
        lengths = lib.randint(2, 8, (6,))
        sentences = [lib.randint(1, 12, (int(n),)) for n in lengths]
        y = lib.tensor([int(s.sum()) % 3 for s in sentences])
        logits, out = net(rnn.pad_sequence(sentences, batch_first=True), lengths)
        loss = nn.CrossEntropyLoss()(logits, y) + out.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss


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


def translation(lib: Any) -> Iterator[Any]:
    """The whole nn.Transformer, with padded sentences and the schedule of its paper."""
    nn = lib.nn

    class Net(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.source, self.target = nn.Embedding(10, 8), nn.Embedding(10, 8)
            self.transformer = nn.Transformer(8, 2, 1, 1, 16, dropout=0.1, batch_first=True)
            self.head = nn.Linear(8, 10)
            for p in self.parameters():
                if p.dim() > 1:
                    nn.init.xavier_uniform_(p)

        def forward(self, x: Any, y: Any) -> Any:
            later = lib.triu(lib.ones(y.size(1), y.size(1)), diagonal=1).bool()
            padding = x == 0
            out = self.transformer(
                self.source(x), self.target(y), tgt_mask=later, src_key_padding_mask=padding,
                memory_key_padding_mask=padding,
            )  # fmt: skip
            return self.head(out)

    net = Net()
    optimizer = lib.optim.Adam(net.parameters(), lr=0.2, betas=(0.9, 0.98), eps=1e-9)
    schedule = lib.optim.lr_scheduler.LambdaLR(optimizer, lambda i: 8**-0.5 * min((i + 1) ** -0.5, (i + 1) * 10**-1.5))
    for _ in range(50):
        x = lib.randint(1, 10, (4, 6))
        x[:2, -2:] = 0
        y = lib.cat([lib.full((4, 1), 1), x.flip(1)], dim=1)
        out = net(x, y[:, :-1])
        loss = nn.functional.cross_entropy(out.reshape(-1, 10), y[:, 1:].reshape(-1), ignore_index=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        yield loss


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


PROGRAMS = [lstm, cells, packed, seq2seq, transformer, translation, gpt]
