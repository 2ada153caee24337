# SPDX-License-Identifier: MIT
# What would go: objects, types, references; several at once count every byte once.
retained data/monday.jsonl --without Request
retained data/monday.jsonl --without Request --without 0x7f3a10000100 --without 'dict->Request'
retained data/monday.jsonl --without 'Node->list:children' --without 'list->Node:[0]' --json
