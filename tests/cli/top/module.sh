# SPDX-License-Identifier: MIT
# Types add up to their modules; builtins have a name.
snaptop data/wednesday.jsonl --by module
