# SPDX-License-Identifier: MIT
"""References carry the names that a programmer would use, and every one is there once."""
import collections
import functools
import gc
import sys
import types
import weakref

from suite import Skip, capture


class Plain(object):
    pass


class Slotted(object):
    __slots__ = ('left', 'right', '__weakref__')


class SlottedChild(Slotted):
    __slots__ = ('own',)


class Finalized(object):
    def __del__(self):
        pass


class MyDict(dict):
    pass


class MyList(list):
    pass


def _closure(captured):
    def inner(first, second=captured, third=None):
        return captured
    return inner


def _generator(argument):
    local = [argument]
    yield local


class World(object):
    """Samples, made once and dumped once: the dump takes longer than everything else."""


def _world():
    w = World()
    w.value = ['target']
    w.plain = Plain()
    w.plain.first, w.plain.second = w.value, {'k': w.value}
    w.asked = Plain()
    w.asked.first = w.value
    w.asked.__dict__
    w.slotted = SlottedChild()
    w.slotted.left, w.slotted.own = w.value, w.plain
    w.finalized = Finalized()
    w.items = [w.value, None, w.value]
    w.pair = (w.slotted, w.plain)
    w.keyed = {'name': w.value, 'a key with blanks': w.value, 7: w.value, w.pair: w.value}
    w.elements = {1, 'two', w.pair}
    w.queue = collections.deque([w.value, w.plain])
    w.my_dict = MyDict(entry=w.value)
    w.my_dict.extra = w.plain
    w.my_list = MyList([w.value, w.plain])
    w.my_list.extra = w.plain
    w.ordered = collections.OrderedDict([('one', w.value)])
    w.default = collections.defaultdict(list, one=w.value)
    w.function = _closure(w.value)
    w.generator = _generator(w.value)
    next(w.generator)
    w.weak = weakref.ref(w.plain)
    w.partial = functools.partial(len, w.value)
    w.method = w.items.append
    w.bound = w.finalized.__del__
    w.cycle = [w]
    return w


W = _world()
D = capture(strict=True)


def test_attributes_of_an_instance():
    if sys.version_info >= (3, 11):
        assert D.named(W.plain, 'attr') == {'first': id(W.value), 'second': id(W.plain.second)}
        assert 'internal' not in D.of(W.plain), 'the dict was not asked for'
    else:
        entries = D.named(W.plain.__dict__, 'dict')
        assert entries == {'first': id(W.value), 'second': id(W.plain.second)}


def test_attributes_after_the_dict_was_asked_for():
    made = D.named(W.asked, 'internal')['__dict__']
    assert made == id(W.asked.__dict__)
    found = dict(D.named(W.asked, 'attr'), **D.named(D.objects[made], 'dict'))
    assert found == {'first': id(W.value)}
    count = D.targets(D.of(W.asked)) + D.targets(D.objects[made])
    assert count.count(id(W.value)) == 1, 'not counted twice'


def test_slots():
    assert D.named(W.slotted, 'slot') == {'left': id(W.value), 'own': id(W.plain)}
    assert 'ref' not in D.of(W.slotted)


def test_class_of_an_instance():
    for o in (W.plain, W.slotted, W.my_dict, W.my_list):
        assert D.of(o)['class'] == id(type(o))
        assert D.type_of(o)['object'] == id(type(o))


def test_items():
    assert D.of(W.items)['item'] == [id(W.value), id(None), id(W.value)]
    assert D.of(W.pair)['item'] == [id(W.slotted), id(W.plain)]
    assert D.of(W.queue)['item'] == [id(W.value), id(W.plain)]
    assert D.of(W.my_list)['item'] == [id(W.value), id(W.plain)]
    assert sorted(D.of(W.elements)['elem']) == sorted(id(x) for x in W.elements)


def test_dict_keys():
    flat = D.of(W.keyed)['dict']
    labels = [D.strings[s] if s >= 0 else None for s in flat[::3]]
    assert labels == ['name', None, None, None]
    assert flat[1::3] == [id(key) for key in W.keyed]
    assert flat[2::3] == [id(W.value)] * 4


def test_subclasses_of_dict():
    assert D.named(W.my_dict, 'dict') == {'entry': id(W.value)}
    assert D.named(W.ordered, 'dict') == {'one': id(W.value)}
    assert D.named(W.default, 'dict') == {'one': id(W.value)}
    assert D.named(W.default, 'internal')['default_factory'] == id(list)


def test_functions():
    internal = D.named(W.function, 'internal')
    assert internal['__code__'] == id(W.function.__code__)
    assert internal['__globals__'] == id(globals())
    closure, defaults = W.function.__closure__, W.function.__defaults__
    assert D.named(closure, 'cell') == {'captured': id(closure[0])}
    assert D.named(closure[0], 'internal') == {'cell_contents': id(W.value)}
    assert D.named(defaults, 'default') == {'second': id(W.value), 'third': id(None)}
    assert D.of(W.function)['text'] == '_closure.<locals>.inner'


def test_generators():
    line = D.of(W.generator)
    if sys.version_info < (3, 11):
        line = D.objects[D.named(line, 'internal')['gi_frame']]
    local = D.named(line, 'local')
    assert local['argument'] == id(W.value) and set(local) == {'argument', 'local'}


def test_weak_references():
    assert D.of(W.weak)['weak'] == [id(W.plain)]
    assert id(W.plain) not in [t for k in ('ref', 'item', 'internal')
                               for t in D.of(W.weak).get(k, [])]


def test_builtin_objects_with_members():
    assert D.named(W.partial, 'slot' if '__slots__' in dir(functools.partial) else
                   'internal')['args'] == id(W.partial.args)
    assert D.named(W.method, 'internal')['__self__'] == id(W.items)
    assert D.named(W.bound, 'internal')['__func__'] == id(Finalized.__dict__['__del__'])


def test_code_constants():
    code = W.function.__code__
    internal = D.named(code, 'internal')
    assert internal['co_consts'] == id(code.co_consts)
    assert internal['co_filename'] == id(code.co_filename)


def test_finalizer_is_marked_on_the_class():
    assert D.type_of(W.finalized)['finalizer'] is True
    assert 'finalizer' not in D.type_of(W.plain)
    assert 'finalizer' not in D.type_of(W.generator)


def test_kinds():
    assert D.type_of(W.my_dict)['kind'] == 'dict'
    assert D.type_of(W.ordered)['kind'] == 'dict'
    assert 'kind' not in D.type_of(W.plain)
    assert D.type_of(W.generator)['kind'] == 'generator'
    assert D.type_of(Plain)['kind'] == 'type'
    assert D.type_of(True)['kind'] == 'bool' and D.type_of(W.weak)['kind'] == 'weakref'


def test_types_and_names():
    line = D.type_of(W.plain)
    assert line['name'] == 'Plain' and line['module'] == 'check_references'
    assert 'module' not in D.type_of(W.items)
    assert D.of(sys)['text'] == 'sys' and D.of(Plain)['text'] == 'Plain'
    assert D.of(_closure.__code__)['text'] == '_closure'


def test_every_referent_appears_as_often_as_the_collector_shows_it():
    for o in (W.plain, W.asked, W.slotted, W.items, W.pair, W.queue, W.my_list, W.partial,
              W.generator, W.function, W.elements, W.bound, Plain, sys):
        shown = collections.Counter(map(id, gc.get_referents(o)))
        written = collections.Counter(D.targets(D.of(o)))
        assert not shown - written, (o, shown - written)


def test_nothing_points_to_an_object_that_is_not_there():
    missing = set(t for line in D.objects.values() for t in D.targets(line)) - set(D.objects)
    assert not missing, missing
    assert all(root['root'] in D.objects for root in D.roots)


def test_roots():
    modules = dict((root['name'], root['root']) for root in D.roots if root['kind'] == 'module')
    assert modules['sys'] == id(sys) and modules['check_references'] == id(sys.modules[__name__])
    names = [root['name'] for root in D.roots if root['kind'] == 'interpreter']
    assert 'sys.modules' in names and 'builtins' in names
    static = dict((root['name'], root['root']) for root in D.roots if root['kind'] == 'static')
    assert static['int'] == id(int) and static['list'] == id(list)


def test_tracked_objects_have_a_generation():
    if sys.version_info < (3, 8):
        raise Skip('the collector does not say before 3.8')
    assert all('gen' in line for line in D.objects.values()
               if line.get('flags', 0) & 1 and 'gen' in line)
    assert D.of(W.items)['gen'] in (0, 1, 2) and 'gen' not in D.of('name')


def test_everything_is_reached_from_the_roots_but_garbage():
    seen, todo = set(), [root['root'] for root in D.roots]
    while todo:
        address = todo.pop()
        if address not in seen:
            seen.add(address)
            todo += [t for t in D.targets(D.objects[address])]
    assert id(W.value) in seen
    # The rest is held by the interpreter's own tables, from 3.12 on also by what it keeps apart
    # from static types (their dicts of subclasses).
    assert len(seen) > 0.9 * len(D.objects), (len(seen), len(D.objects))


def test_types_count_as_objgraph_counts():
    try:
        import objgraph
    except ImportError:
        raise Skip('objgraph is not installed')
    gc.collect()
    gc.disable()
    try:
        counted = objgraph.typestats()
        dump = capture()
    finally:
        gc.enable()
    mine = collections.Counter(dump.types[line['type']]['name'].split('.')[-1]
                               for line in dump.objects.values() if line.get('flags', 0) & 1)
    # Between the two, this function made a dict, and closed a frame or two.
    for name, count in counted.items():
        assert abs(mine[name] - count) <= 3, (name, mine[name], count)
    assert sum(abs(mine[name] - counted.get(name, 0)) for name in mine) < 15
