# SPDX-License-Identifier: MIT
"""Keeps four hundred blocks and a large one: the program behind the samples of Fil."""


def load(n):
    return [bytes(5000) for _ in range(n)]
def main():
    a = load(400); b = bytearray(3000000)
    return a, b
main()
