"""Named tuples whose constructor is made when the first one is: a run uses few of the many kinds, and making them all with `typing.NamedTuple`
cost as much as the rest of a start.

To a type checker this is `typing.NamedTuple`. At run time it has of that what memlint uses: fields, defaults, `_replace`, `repr`, pickling.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414  # handed on under its own name
else:
    from operator import itemgetter

    try:
        from _collections import _tuplegetter  # as in collections.namedtuple: twice as fast as a property
    except ImportError:

        def _tuplegetter(index, doc):
            return property(itemgetter(index), doc=doc)

    class _Kind(type):
        def __new__(cls, name, bases, namespace):
            namespace.setdefault("__slots__", ())
            made = super().__new__(cls, name, bases, namespace)
            if bases and bases[0].__dict__.get("_is_base"):
                made._fields = made.__match_args__ = names = tuple(made.__annotations__)
                made._field_defaults = {field: namespace[field] for field in names if field in namespace}
                for index, field in enumerate(names):
                    setattr(made, field, _tuplegetter(index, ""))
                made._of = made
            return made

    class NamedTuple(tuple, metaclass=_Kind):  # noqa: SLOT001  # the metaclass gives it none
        _is_base = True

        def __new__(cls, *args, **kwargs):
            kind = cls._of
            names = ", ".join(kind._fields)
            # Names of fields of our own classes, as in collections.namedtuple.
            new = eval(f"lambda _cls, {names}: _new(_cls, ({names},))", {"_new": tuple.__new__})  # noqa: S307
            new.__defaults__ = tuple(kind._field_defaults.values())
            new.__name__ = "__new__"
            kind.__new__ = staticmethod(new)
            return new(cls, *args, **kwargs)

        def _replace(self, /, **changes):
            made = tuple.__new__(type(self), map(changes.pop, self._fields, self))
            if changes:
                raise ValueError(f"{type(self).__name__} has no fields {list(changes)}")
            return made

        def __repr__(self):
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in zip(self._fields, self, strict=True))})"

        def __getnewargs__(self):
            return tuple(self)
