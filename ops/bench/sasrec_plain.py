"""The peer of `ops/bench.sh train-step`: SASRec as anyone would write it in PyTorch, trained on full-length batches.

Same shape and arithmetic as ours (pre-norm, gelu, dot scores, full softmax cross-entropy), none of our shortcuts: padded to the full length,
logits at every position, ATen's dropout. Attention weights are not dropped out, as in ours. Run with Debian's /usr/bin/python3
(python3-torch, libopenblas0-openmp); Debian's reference BLAS would be some twenty times slower and no fair peer.

    sasrec_plain.py SEQUENCES THREADS BATCH LENGTH DIMENSIONS LAYERS HEADS INNER DROPOUT

SEQUENCES: a line a user, item numbers from 1. Then each line `N` on standard input trains N steps and answers with their seconds and last loss.
"""
import math
import random
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


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
        x = self.drop(self.items(history) + self.positions.weight)
        for block in self.blocks:
            x = block(x, self.mask)
        return self.norm(x) @ self.items.weight.T


def main():
    path, numbers, dropout = sys.argv[1], [int(a) for a in sys.argv[2:9]], float(sys.argv[9])
    threads, batch, length, width, layers, heads, inner = numbers
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    sequences = [[int(i) for i in line.split()] for line in open(path)]
    model = Sasrec(max(map(max, sequences)), length, width, layers, heads, inner, dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    chooser = random.Random(1)

    def rows():
        """Right-padded inputs and targets of a random batch of users."""
        inputs, targets = torch.zeros(2, batch, length, dtype=torch.long)
        for row, sequence in enumerate(chooser.sample(sequences, batch)):
            window = torch.tensor(sequence[-length - 1:])
            inputs[row, :len(window) - 1], targets[row, :len(window) - 1] = window[:-1], window[1:]
        return inputs, targets

    print("ready", torch.__version__, "openblas" if "openblas" in open("/proc/self/maps").read() else "WITHOUT openblas", flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            inputs, targets = rows()
            loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), ignore_index=0)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(time.perf_counter() - start, loss.item(), flush=True)


if __name__ == "__main__":
    main()
