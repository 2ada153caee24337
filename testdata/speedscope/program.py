# SPDX-License-Identifier: MIT
"""Two threads that compute: the program behind the samples of py-spy."""
import time, sys, threading
def leaf(n):
    s = 0
    for i in range(n): s += i * i
    return s
def parse(n): return leaf(n) + leaf(n // 2)
def serve(seconds):
    end = time.time() + seconds
    while time.time() < end: parse(20000)
def recurse(d):
    return leaf(5000) if not d else recurse(d - 1) + 1
t = threading.Thread(target=serve, args=(2,), name="worker")
t.start()
end = time.time() + 2
while time.time() < end: recurse(5)
t.join()
