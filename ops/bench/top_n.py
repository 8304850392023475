"""The peers of `ops/bench.sh top-n`: the n best of all items by inner product, as anyone would ask for them in Python.

faiss's exact index, and torch's product with topk (in chunks of users, into memory that is kept; the caller tries several sizes). Run with Debian's
/usr/bin/python3 (python3-faiss, python3-torch, libopenblas0-openmp); Debian's reference BLAS would be no fair peer.

    top_n.py USERS ITEMS DIMENSIONS N THREADS

USERS, ITEMS: files of float32, row-major. Then each line `faiss COUNT` or `torch COUNT CHUNK` on standard input searches for the first COUNT users and answers
with the seconds, the processors' seconds and the sum of the best scores.
"""
import sys
import time

import faiss
import numpy
import torch

import openblas


def main():
    dimensions, n, threads = (int(a) for a in sys.argv[3:6])
    users, items = (numpy.fromfile(path, dtype=numpy.float32).reshape(-1, dimensions) for path in sys.argv[1:3])
    torch.set_num_threads(threads)
    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(dimensions)
    index.add(items)
    user_tensor, item_tensor = torch.from_numpy(users), torch.from_numpy(items).T

    def by_faiss(count):
        return float(index.search(users[:count], n)[0][:, 0].sum())

    def by_torch(count, chunk):
        total, scores = 0.0, torch.empty(chunk, items.shape[0])
        with torch.no_grad():
            for start in range(0, count, chunk):
                rows = user_tensor[start:min(start + chunk, count)]
                total += float(torch.topk(torch.matmul(rows, item_tensor, out=scores[:rows.shape[0]]), n).values[:, 0].sum())
        return total

    print("ready torch", torch.__version__, "faiss", faiss.__version__, openblas.kernels(), flush=True)
    for line in sys.stdin:
        name, *numbers = line.split()
        start, processor = time.perf_counter(), time.process_time()
        total = {"faiss": by_faiss, "torch": by_torch}[name](*map(int, numbers))
        print(time.perf_counter() - start, time.process_time() - processor, total, flush=True)


if __name__ == "__main__":
    main()
