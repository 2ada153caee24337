# SPDX-License-Identifier: MIT
# Names in messages cannot drive the terminal.
snapinfo "$(printf 'a\033[31mb\nc')"
