# SPDX-License-Identifier: MIT
"""The manual page heapsnap-store(5) from the store's schema: store_man.py SCHEMA.sql VERSION."""
import sys

HEAD = r'''.TH HEAPSNAP-STORE 5 "" "heapsnap %s" "File Formats Manual"
.SH NAME
heapsnap-store \- the store of heap snapshots, an SQLite database
.SH DESCRIPTION
A store is one SQLite 3 file with one or many snapshots. Its plain tables can be read by any SQLite
client; their columns are explained below. The objects and references are packed in the table
.IR segment ;
.BR snapsql (1)
and the loadable extension
.I heapsnap_sqlite
show them as the virtual tables
.I object
and
.IR ref .
.PP
.B PRAGMA application_id
is 0x68736e70 and
.B PRAGMA user_version
the number of the schema. A store of a newer schema is refused.
.SH SCHEMA
.nf
'''
TAIL = r'''.fi
.SH SEE ALSO
.BR heapsnap (7),
.BR snapload (1),
.BR snapinfo (1),
.BR snapsql (1)
'''


def roff(line):
    line = line.rstrip('\n').replace('\\', '\\e').replace('-', '\\-')
    return '\\&' + line if line[:1] in ('.', "'") else line


def main():
    sys.stdout.write(HEAD % sys.argv[2])
    with open(sys.argv[1], encoding='ascii') as schema:
        for line in schema:
            if 'SPDX' not in line:
                sys.stdout.write(roff(line) + '\n')
    sys.stdout.write(TAIL)


if __name__ == '__main__':
    main()
