# SPDX-License-Identifier: MIT
"""A service that runs for a year, and what goes wrong with it: the nights that year.py judges."""
import collections
import json
import math
import random

DAY_MS = 86400000
START_MS = 1767225600000  # 2026-01-01
# Nights after a regression was taken out in which the baseline still knows it.
RECOVERY = 8
# Before that there is little history to judge by.
FIRST = 40

# One regression; size is a share of the heap (of creeps: a week). Nights are counted from 0.
Planted = collections.namedtuple('Planted', 'name first last size types')

# What makes a year hard; each on top of a weekly wave and caches that breathe.
KINDS = {
    'plain': {},
    'small': {'types': 25, 'megabytes': 12},
    'large': {'types': 180, 'megabytes': 3000},
    'noisy': {'noise': 2.5},
    'season': {'season': 0.08},
    'releases': {'release': 0.12},
    'gaps': {'missing': 0.1, 'restart': 0.1},
    'lean': {'policy': 'keep: {graphs: 1, totals: 100d}\n', 'restart': 0.3},
    'all': {'noise': 1.5, 'season': 0.05, 'release': 0.1, 'missing': 0.05, 'restart': 0.1},
    'traffic': {'busy': 1.0},
}
# Regressions that nobody can find in three nights, or that are within what the default policy tolerates: for the
# measure of it, not a goal.
HARD = {
    'small sizes': {'creep': (0.01, 0.03), 'step': (0.04, 0.12)},
    'noisy types': {'most_noise': 0.004, 'least_noise': 0.0008},
}
KNOWN = dict(KINDS, **HARD)


class Type:
    """Bytes follow `level`; wander is the noise of a night, wave what traffic adds, fills a cache."""

    def __init__(self, name, level, count, wander, wave=0.0, fills=False, keeps=0.0):
        self.name, self.level, self.count = name, level, count
        self.wander, self.wave, self.fills, self.keeps = wander, wave, fills, keeps
        self.state = 0.0


def make_types(rng, kinds, total, noise):
    types = []
    for i in range(kinds * 2 // 3):
        types.append(Type('lib.part%d.Kind%d' % (i % 7, i), math.exp(rng.gauss(0, 0.9)), 6 + rng.randrange(9),
                          noise * rng.uniform(0.001, 0.005)))
    for i in range(kinds // 3):
        types.append(Type('app.views.Kind%d' % i, math.exp(rng.gauss(0, 0.7)), 6 + rng.randrange(9),
                          noise * rng.uniform(0.004, 0.012), wave=rng.uniform(0.02, 0.1)))
    whole = sum(t.level for t in types)
    for t in types:
        t.level *= total / whole
    types += [
        Type('app.cache.Entry', total * rng.uniform(0.02, 0.05), 40, min(0.3, noise * rng.uniform(0.1, 0.25))),
        Type('app.pool.Buffer', total * rng.uniform(0.01, 0.04), 30, min(0.2, noise * 0.08), wave=0.05, keeps=0.6),
        Type('app.memo.Result', total * rng.uniform(0.02, 0.04), 20, 0.01, fills=True),
    ]
    return types


class Year:
    def __init__(self, kind, seed, nights):
        self.of = KNOWN[kind]
        self.name = '%s %d' % (kind, seed)
        self.rng = rng = random.Random('%s %d' % (kind, seed))
        self.total = self.of.get('megabytes', 100) * 1e6 * rng.uniform(0.7, 1.4)
        self.types = make_types(rng, self.of.get('types', 70), self.total, self.of.get('noise', 1.0))
        self.policy = self.of.get('policy', '')
        self.wave_at, self.season_at = rng.uniform(0, 7), rng.uniform(0, 365)
        self.captured = [n for n in range(nights) if rng.random() >= self.of.get('missing', 0)]
        self.mood = 0.0
        self.up = 100  # nights since the process started
        self.pid, self.base = 100, 1 << 20
        self.planted = self.plant(nights)
        first_nights = {next((n for n in self.captured if n >= p.first), nights) for p in self.planted}
        # A regression's first night is one that was captured.
        self.planted = [p._replace(first=next((n for n in self.captured if n >= p.first), p.first))
                        for p in self.planted]
        assert len(first_nights) == len(self.planted)

    # ---- the truth ----

    def plant(self, nights):
        rng, planted, night = self.rng, [], FIRST + self.rng.randrange(10)
        wanted = ['creep', 'creep in old', 'step', 'step in old', 'cycle', 'spike']
        rng.shuffle(wanted)
        least, most = self.of.get('least_noise', 0), self.of.get('most_noise', 0.0004)
        existing = [t for t in self.types if not t.fills and 0.002 < t.level / self.total < 0.05 and
                    least <= t.wander * t.level / self.total < most]
        rng.shuffle(existing)
        for number, name in enumerate(wanted * 3):
            lasts = {'creep': 25, 'step': 15, 'cycle': 12, 'spike': 0}[name.split()[0]] + rng.randrange(10)
            lasts = 0 if name == 'spike' else lasts
            if night + lasts + RECOVERY >= nights:
                break
            size = {'creep': rng.uniform(*self.of.get('creep', (0.03, 0.05))), 'cycle': 0.001,
                    'step': rng.uniform(*self.of.get('step', (0.13, 0.3))),
                    'spike': rng.uniform(0.15, 0.6)}[name.split()[0]]
            if name.endswith('old') and existing:
                types = [existing.pop().name]
            else:
                types = ['app.new%d.Record' % number] + (['app.new%d.Link' % number] if name == 'cycle' else [])
            planted.append(Planted(name, night, night + lasts, size, tuple(types)))
            night += lasts + RECOVERY + 12 + rng.randrange(12)
        return planted

    def nights_since(self, planted, night):
        """Captured nights from the first one on."""
        return sum(planted.first <= n <= night for n in self.captured)

    def bytes_of(self, planted, night):
        """Bytes that a regression adds this night."""
        if not planted.first <= night <= planted.last:
            return 0
        gain = planted.size * self.total
        return gain * (night - planted.first + 1) / 7 if planted.name.startswith('creep') else gain

    # ---- a night ----

    def restart(self, night):
        if self.rng.random() < self.of.get('release', 0):
            for t in self.types:
                if self.rng.random() < 0.6:
                    t.level *= self.rng.uniform(0.97, 1.03)
            self.up = 0
        if self.rng.random() < self.of.get('restart', 0):
            self.up = 0
        if not self.up:
            self.pid, self.base = self.rng.randrange(100, 30000), self.rng.randrange(1 << 16, 1 << 30) * 16
        self.up += 1

    def busy(self, night):
        """What moves everything that serves requests at once: good and bad days, and holidays."""
        most = self.of.get('busy', 0)
        self.mood = 0.5 * self.mood + 0.87 * self.rng.gauss(0, 1) if most else 0
        return most * (self.mood - 3 * (night % 120 >= 110))

    def rows(self, night):
        """(type, bytes, objects, is on a cycle) of everything."""
        rng, at = self.rng, 2 * math.pi * (night + self.wave_at) / 7
        traffic = math.sin(at) + 0.3 * math.sin(2 * at) + self.busy(night)
        season = self.of.get('season', 0) * math.sin(2 * math.pi * (night + self.season_at) / 365)
        rows = {}
        for t in self.types:
            t.state = t.keeps * t.state + math.sqrt(1 - t.keeps ** 2) * rng.gauss(0, 1)
            size = t.level * (1 + t.wave * traffic) * (1 + t.wander * t.state) * (1 + season * (t.wave > 0) * 2)
            if t.fills:
                size *= 1 - math.exp(-0.8 * (self.up + 0.5))
            count = max(2, round(t.count * (1 + 0.1 * rng.gauss(0, 1))))
            rows[t.name] = [max(size, 64 * count), count, False]
        rows['app.tree.Node'] = [2000, 2 * rng.randrange(2, 12), True]  # cycles that were always there
        for p in self.planted:
            size = self.bytes_of(p, night)
            for name in p.types if size else ():
                cyclic = p.name == 'cycle'
                own = rows.setdefault(name, [0, rng.randrange(8, 60) if cyclic else 20, cyclic])
                own[0] += size / len(p.types)
        return rows

    def dump(self, night, path):
        """Write the night's dump: a module that holds lists that hold everything."""
        self.restart(night)
        write(path, self.header(night), self.base, self.rows(night))

    def header(self, night):
        return {'heapsnap': 1, 'runtime': 'cpython', 'runtime_version': '3.11.7', 'program': 'service.py',
                'pid': self.pid, 'captured_at_unix_ms': START_MS + night * DAY_MS + self.rng.randrange(3600000),
                'label': 'night-%03d' % night, 'facts': {'gc.pause.longest_ns': self.rng.randrange(5, 35) * 1000000}}


def pair_up(objects):
    """Objects on cycles, in pairs: of two types when there are two, else with their neighbours."""
    partner = {}
    by_group = collections.defaultdict(list)
    for name, where, _, cyclic in objects:
        if cyclic:
            by_group[name.rpartition('.')[0]].append((name, where))
    for group in by_group.values():
        half = len(group) // 2
        for (_, a), (_, b) in zip(group[:half], group[half:]):
            partner[a], partner[b] = b, a
    return partner


def write(path, header, address, rows):
    names = ['module', 'list'] + sorted(rows)
    number = {name: i for i, name in enumerate(names)}
    top, address = address, address + 64
    strings, references = [], 0
    attributes, lists, objects = [], [], []
    for name, (size, count, cyclic) in rows.items():
        own = [address + 64 * (i + 1) for i in range(count)]
        attributes += [len(strings), address]
        strings.append('_' + name.replace('.', '_').lower())
        lists.append({'object': address, 'type': 1, 'size': 56 + 8 * count, 'rc': 1, 'len': count, 'item': own})
        references += 1 + count
        objects += [(name, where, int(size / count), cyclic) for where in own]
        address += 64 * (count + 2)
    partner, other = pair_up(objects), len(strings)
    out = [header]
    for i, name in enumerate(names):
        module, _, short = name.rpartition('.')
        row = {'type': i, 'name': short}
        row.update({'module': module} if module else {'kind': name})
        out.append(row)
    for i, text in enumerate(strings + ['other']):
        out.append({'string': i, 'text': text})
    out.append({'object': top, 'type': 0, 'size': 72, 'rc': 2, 'text': 'app', 'attr': attributes})
    out += lists
    for name, where, size, _ in objects:
        row = {'object': where, 'type': number[name], 'size': max(size, 16), 'rc': 1, 'flags': 1}
        if where in partner:
            row['rc'] = 2
            row['attr'] = [other, partner[where]]
            references += 1
        out.append(row)
    out.append({'root': top, 'kind': 'module', 'name': 'app'})
    out.append({'end': 1, 'objects': 1 + len(lists) + len(objects), 'references': references,
                'types': len(names), 'strings': len(strings) + 1, 'roots': 1})
    with open(path, 'w') as file:
        for row in out:
            file.write(json.dumps(row, separators=(',', ':')) + '\n')
