# SPDX-License-Identifier: MIT
# Components by bytes: the live pair that a module holds, and the garbage ones.
cyclefind data/wednesday.jsonl
