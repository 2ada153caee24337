# SPDX-License-Identifier: MIT
# Without operands: two examples.
snapinfo
