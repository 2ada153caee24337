# SPDX-License-Identifier: MIT
"""Worker threads that wait for an answer that never comes: blocked.py BEFORE AFTER."""
import sys
import threading

import heapsnap


class Job:
    def __init__(self, number):
        self.number = number
        self.payload = bytearray(2000)


answered = threading.Event()
started = threading.Semaphore(0)


def work(job):
    started.release()
    answered.wait()
    return job.number


def traffic(first, count):
    for i in range(first, first + count):
        threading.Thread(target=work, args=(Job(i),), daemon=True).start()
        started.acquire()


def main(before, after):
    traffic(0, 2)
    heapsnap.dump(before, label='before')
    traffic(2, 30)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
