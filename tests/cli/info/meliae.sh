# SPDX-License-Identifier: MIT
# A real dump of Python 2: objects without a time.
snapinfo testdata/meliae/python2.7.json
