"""The peer of `ops/bench.sh train-step`: SASRec as anyone would write it in PyTorch, trained on full-length batches.

Same shape, start and arithmetic as ours (pre-norm, gelu, dot scores, full softmax cross-entropy, AdamW without decay), none of our shortcuts: padded to the
full length, logits at every position, ATen's dropout. Attention weights are not dropped out, as in ours. With KIND `ideas` it is given ours: batches by
length, logits only where there is a target, memory kept between steps. Run with Debian's /usr/bin/python3 (python3-torch, libopenblas0-openmp); Debian's
reference BLAS would be some twenty times slower and no fair peer.

    sasrec_plain.py SEQUENCES KIND THREADS BATCH LENGTH DIMENSIONS LAYERS HEADS INNER DROPOUT

SEQUENCES: a line a user, item numbers from 1. Then each line on standard input is work, answered with its seconds and the mean loss a target:
`steps N` trains N steps, `epoch` the rest of an epoch or a whole one, `restart SEED` starts anew.
"""
import ctypes
import math
import random
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

import openblas


class Block(nn.Module):
    def __init__(self, width, heads, inner, dropout):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.inner, self.outer = nn.Linear(width, inner), nn.Linear(inner, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, mask):
        b, l, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, l, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-1, -2) / math.sqrt(d // self.heads) + mask).softmax(-1)
        x = x + self.drop(self.output((weights @ v).transpose(1, 2).reshape(b, l, d)))
        return x + self.drop(self.outer(self.drop(F.gelu(self.inner(self.norm2(x))))))


class Sasrec(nn.Module):
    def __init__(self, items, length, width, layers, heads, inner, dropout):
        super().__init__()
        self.items = nn.Embedding(items + 1, width, padding_idx=0)
        self.positions = nn.Embedding(length, width)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(width, heads, inner, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.register_buffer("mask", torch.full((length, length), -math.inf).triu(1))

    def forward(self, history):
        length = history.shape[1]
        x = self.drop(self.items(history) + self.positions.weight[:length])
        for block in self.blocks:
            x = block(x, self.mask[:length, :length])
        return self.norm(x)


def initialise(model):
    """Tables of deviation .02, matrices after Glorot and Bengio, scales 1, biases 0: as ours."""
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            deviation = .02 if name.startswith(("items", "positions")) else math.sqrt(2 / sum(parameter.shape))
            nn.init.normal_(parameter, 0, deviation)
        else:
            nn.init.constant_(parameter, 1 if name.endswith("weight") else 0)


class Training:
    def __init__(self, sequences, ideas, batch, shape, dropout, seed):
        torch.manual_seed(seed)
        self.chooser = random.Random(seed)
        self.sequences, self.ideas, self.batch, self.length = sequences, ideas, batch, shape[0]
        self.model = Sasrec(max(map(max, sequences)), *shape, dropout)
        initialise(self.model)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-3, weight_decay=0)
        self.epoch = iter(())

    def batches(self):
        """An epoch's, of random windows; by length, where it is given the idea."""
        windows = []
        for sequence in self.sequences:
            room = max(0, len(sequence) - self.length - 1)
            start = self.chooser.randint(0, room)
            windows.append(sequence[start:start + self.length + 1])
        self.chooser.shuffle(windows)
        if self.ideas:
            pool = 16 * self.batch
            windows = [w for first in range(0, len(windows), pool) for w in sorted(windows[first:first + pool], key=len)]
        batches = [windows[first:first + self.batch] for first in range(0, len(windows), self.batch)]
        self.chooser.shuffle(batches)
        return iter(batches)

    def step(self, windows):
        longest = max(len(window) - 1 for window in windows) if self.ideas else self.length
        inputs, targets = torch.zeros(2, len(windows), longest, dtype=torch.long)
        for row, window in enumerate(windows):
            window = torch.tensor(window)
            inputs[row, :len(window) - 1], targets[row, :len(window) - 1] = window[:-1], window[1:]
        hidden = self.model(inputs)
        if self.ideas:
            hidden, targets = hidden[targets > 0], targets[targets > 0]
        loss = F.cross_entropy((hidden @ self.model.items.weight.T).flatten(0, -2), targets.flatten(), ignore_index=0)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        count = int((targets > 0).sum())
        return loss.item() * count, count

    def train(self, most):
        start, total, targets, steps = time.perf_counter(), 0., 0, 0
        while steps < most:
            windows = next(self.epoch, None)
            if windows is None:
                if steps and most == math.inf:
                    break
                self.epoch = self.batches()
                continue
            loss, count = self.step(windows)
            total, targets, steps = total + loss, targets + count, steps + 1
        print(time.perf_counter() - start, total / targets, flush=True)


def main():
    path, kind, numbers, dropout = sys.argv[1], sys.argv[2], [int(a) for a in sys.argv[3:10]], float(sys.argv[10])
    threads, batch, *shape = numbers
    torch.set_num_threads(threads)
    if kind == "ideas":
        libc = ctypes.CDLL(None)
        libc.mallopt(-4, 0)  # M_MMAP_MAX
        libc.mallopt(-1, -1)  # M_TRIM_THRESHOLD
    sequences = [[int(i) for i in line.split()] for line in open(path)]
    training = Training(sequences, kind == "ideas", batch, shape, dropout, 1)
    print("ready", torch.__version__, openblas.kernels(), flush=True)
    for line in sys.stdin:
        work, *number = line.split()
        if work == "restart":
            training = Training(sequences, kind == "ideas", batch, shape, dropout, int(number[0]))
            print(0, 0, flush=True)
        else:
            training.train(int(number[0]) if work == "steps" else math.inf)


if __name__ == "__main__":
    main()
