# SPDX-License-Identifier: MIT
# Globs over full type names and modules; the shares stay those of the whole heap.
snaptop data/wednesday.jsonl --type 'app.*'
snaptop data/wednesday.jsonl --module builtins -n 2
snaptop data/wednesday.jsonl --type 'no.such.*'
