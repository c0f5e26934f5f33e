# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Reads WIT texts of the kind that WASI 0.2 has, and lays their types out as the canonical ABI does.

    interfaces = read(folder)           # of *.wit, one package each: {"wasi:io/poll": Interface, …}, each after what it uses
    interface.functions[0].name         # "[method]pollable.ready", as a component imports it

No reader for all of WIT: worlds are passed over, there are no nested packages, no streams and no futures; what it does not know
it refuses.  Types are tuples: ("u8",), ("list", t), ("option", t), ("result", t or None, t or None), ("tuple", [t…]),
("own", name), ("borrow", name), ("named", name); a name is looked up with Interface.resolve().
"""
import re
from dataclasses import dataclass, field
from pathlib import Path

SIZES = {"bool": 1, "u8": 1, "s8": 1, "u16": 2, "s16": 2, "u32": 4, "s32": 4, "u64": 8, "s64": 8, "f32": 4, "f64": 8, "char": 4}
TOKEN = re.compile(r"///[^\n]*|//[^\n]*|/\*.*?\*/|wasi:[\w/-]+@[0-9.]+|[%a-z][\w-]*(?::[a-z][\w-]*(?=@))?|[0-9]+|->|\S", re.S | re.I)
MAX_FLAT_PARAMS, MAX_FLAT_RESULTS = 16, 1


class WitError(Exception):
    """A text that this reader does not know, with where."""


@dataclass
class Function:
    interface: "Interface"
    name: str  # "now", "[method]pollable.ready"
    params: list
    result: tuple | None
    docs: str
    since: str  # "0.2.0"
    unstable: str  # the feature's name, or ""

    @property
    def full(self):
        return f"{self.interface.name}#{self.name}"

    @property
    def flat(self):
        """Core parameters and results of the lowered import: ("i32", "i64"), ("i32",)."""
        params = [core for _, t in self.params for core in self.interface.flat(t)]
        if len(params) > MAX_FLAT_PARAMS:
            params = ["i32"]
        results = self.interface.flat(self.result) if self.result else []
        return (params + ["i32"], []) if len(results) > MAX_FLAT_RESULTS else (params, results)

    @property
    def pointer(self):
        """Is the result written to memory, where the last parameter says?"""
        return bool(self.result) and len(self.interface.flat(self.result)) > MAX_FLAT_RESULTS

    def errors(self):
        """What its comment lists as typical errors."""
        text = self.docs.partition("# Typical errors")[2].partition("\n#")[0]
        return sorted(set(re.findall(r"^- `([a-z-]+)`", text, re.M)))


@dataclass
class Interface:
    package: str  # "wasi:io"
    short: str  # "poll"
    version: str
    unstable: str
    types: dict = field(default_factory=dict)  # name: ("record", […]) …, ("resource",), or ("use", "wasi:io/poll", "pollable")
    functions: list = field(default_factory=list)
    all: dict = None

    @property
    def name(self):
        return f"{self.package}/{self.short}"

    @property
    def resources(self):
        return [name for name, t in self.types.items() if t[0] == "resource"]

    def resolve(self, name):
        """Where a type is defined, and what it is: (interface, name, type)."""
        t = self.types[name]
        return self.all[t[1]].resolve(t[2]) if t[0] == "use" else (self, name, t)

    def bare(self, t):
        """A type without names of its own, and the interface whose names its parts are."""
        where = self
        while t[0] == "named":
            where, name, t = where.resolve(t[1])
            if t[0] == "resource":
                return where, ("own", name)
        return where, t

    # ---- canonical ABI ----

    def flat(self, t):
        where, t = self.bare(t)
        kind = t[0]
        if kind in ("u64", "s64"):
            return ["i64"]
        if kind in ("f32", "f64"):
            return [kind]
        if kind in SIZES or kind in ("own", "borrow", "enum", "flags"):
            return ["i32"]
        if kind in ("string", "list"):
            return ["i32", "i32"]
        if kind == "record":
            return [core for _, part in t[1] for core in where.flat(part)]
        if kind == "tuple":
            return [core for part in t[1] for core in where.flat(part)]
        joined = []
        for _, part in where.cases(t):
            for i, core in enumerate(where.flat(part) if part else []):
                if i < len(joined):
                    joined[i] = core if joined[i] == core else "i32" if {core, joined[i]} <= {"i32", "f32"} else "i64"
                else:
                    joined.append(core)
        return ["i32", *joined]

    @staticmethod
    def cases(t):
        """The cases of what is a variant by its nature."""
        if t[0] == "option":
            return [("none", None), ("some", t[1])]
        if t[0] == "result":
            return [("ok", t[1]), ("error", t[2])]
        if t[0] == "variant":
            return t[1]
        raise WitError(f"what is {t}?")

    def alignment(self, t):
        return self.layout(t)[1]

    def size(self, t):
        return self.layout(t)[0]

    def layout(self, t):
        """(size, alignment) in memory."""
        where, t = self.bare(t)
        kind = t[0]
        if kind in SIZES:
            return SIZES[kind], SIZES[kind]
        if kind in ("own", "borrow"):
            return 4, 4
        if kind in ("string", "list"):
            return 8, 4
        if kind == "enum":
            n = self.discriminant(len(t[1]))
            return n, n
        if kind == "flags":
            n = 1 if len(t[1]) <= 8 else 2 if len(t[1]) <= 16 else 4
            return n, n
        if kind in ("record", "tuple"):
            parts = [part for _, part in t[1]] if kind == "record" else t[1]
            at = align = 0
            for part in parts:
                size, to = where.layout(part)
                at, align = -(-at // to) * to + size, max(align, to)
            return -(-at // align) * align, align
        cases = where.cases(t)
        n = self.discriminant(len(cases))
        layouts = [where.layout(part) for _, part in cases if part]
        align = max([n, *(to for _, to in layouts)])
        inner = max([to for _, to in layouts], default=1)
        at = -(-n // inner) * inner + max([size for size, _ in layouts], default=0)
        return -(-at // align) * align, align

    def payload_at(self, t):
        """Where the payload of a variant begins."""
        where, t = self.bare(t)
        cases = where.cases(t)
        to = max([where.layout(part)[1] for _, part in cases if part], default=1)
        n = self.discriminant(len(cases))
        return -(-n // to) * to

    @staticmethod
    def discriminant(cases):
        return 1 if cases <= 256 else 2


class Reader:
    """One text."""

    def __init__(self, path, found):
        self.path, self.found = path, found
        self.tokens, self.at, self.docs = TOKEN.findall(path.read_text()), 0, []

    def peek(self):
        """The next token; comments before it are kept as what documents the next item."""
        while self.at < len(self.tokens) and self.tokens[self.at].startswith(("//", "/*")):
            comment = self.tokens[self.at]
            if comment.startswith("///"):
                self.docs.append(comment[3:].removeprefix(" ").rstrip())
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *wanted):
        token = self.peek()
        self.at += 1
        if wanted and token not in wanted:
            raise WitError(f"{self.path.name}: {token!r} where {' or '.join(map(repr, wanted))} is wanted, near "
                           f"{' '.join(self.tokens[max(0, self.at - 8):self.at])}")
        return token

    def name(self):
        token = self.take()
        if not re.fullmatch(r"%?[a-zA-Z][\w-]*", token):
            raise WitError(f"{self.path.name}: {token!r} is no name")
        return token.removeprefix("%")

    def accept(self, token):
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def commas(self, end, item):
        items = []
        while not self.accept(end):
            items.append(item())
            if not self.accept(","):
                self.take(end)
                break
        return items

    def gates(self):
        """@since(version = …), @unstable(feature = …) before an item: (since, feature)."""
        since = feature = ""
        while self.accept("@"):
            what = self.take("since", "unstable", "deprecated")
            self.take("(")
            self.take("version", "feature")
            self.take("=")
            value = self.take()
            while not self.accept(")"):
                value += self.take()
            if what == "since":
                since = value
            elif what == "unstable":
                feature = value
        return since, feature

    def package(self):
        self.take("package")
        self.named, _, self.version = self.take().partition("@")
        while not self.accept(";"):
            self.version += self.take()
        self.docs = []
        while self.peek():
            _, feature = self.gates()
            what = self.take("interface", "world")
            name = self.name()
            self.take("{")
            if what == "interface":
                interface = Interface(self.named, name, self.version, feature, all=self.found)
                self.found[interface.name] = interface
                self.interface(interface)
            else:
                while not self.accept("}"):
                    self.take()

    def interface(self, it):
        self.docs = []
        while not self.accept("}"):
            since, feature = self.gates()
            word = self.peek()
            if word == "use":
                self.use(it)
            elif word in ("record", "variant", "enum", "flags", "type"):
                self.take()
                name = self.name()
                it.types[name] = self.definition(word)
            elif word == "resource":
                self.take()
                self.resource(it, self.name(), since, feature)
            else:
                self.function(it, self.name(), since, feature)
            self.docs = []

    def use(self, it):
        self.take("use")
        path = self.take()
        # "wasi:io/streams@0.2.12." and "network." come as one token with the dot that ends them, or without.
        path = path.rstrip(".")
        self.accept(".")
        where = path.partition("@")[0] if ":" in path else f"{it.package}/{path}"
        self.take("{")
        for name in self.commas("}", self.name):
            it.types[name] = ("use", where, name)
        self.take(";")

    def definition(self, word):
        if word == "type":
            self.take("=")
            t = self.type()
            self.take(";")
            return ("alias", t)
        self.take("{")

        def member():
            self.gates()
            name = self.name()
            if word == "record":
                self.take(":") if self.peek() == ":" else None
                return name, self.type()
            if word == "variant":
                t = None
                if self.accept("("):
                    t = self.type()
                    self.take(")")
                return name, t
            return name

        return (word, self.commas("}", member))

    def resource(self, it, name, since, feature):
        it.types[name] = ("resource",)
        if self.accept(";"):
            return
        self.take("{")
        self.docs = []
        while not self.accept("}"):
            inner, gate = self.gates()
            if self.peek() == "constructor":
                raise WitError(f"{self.path.name}: no constructors here")
            self.function(it, self.name(), inner or since, gate or feature, name)
            self.docs = []

    def function(self, it, name, since, feature, resource=None):
        docs = "\n".join(self.docs)
        self.take(":")
        static = self.accept("static")
        self.take("func")
        self.take("(")

        def parameter():
            label = self.name()
            self.take(":")
            return label, self.type()

        params, result = self.commas(")", parameter), None
        if self.accept("->"):
            result = self.type()
        self.take(";")
        if resource:
            name = f"[{'static' if static else 'method'}]{resource}.{name}"
            params = params if static else [("self", ("borrow", resource)), *params]
        it.functions.append(Function(it, name, params, result, docs, since, feature or it.unstable))

    def type(self):
        word = self.take().removeprefix("%")
        if word in SIZES or word == "string":
            return (word,)
        if word in ("list", "option", "own", "borrow", "tuple", "result"):
            if not self.accept("<"):
                return ("result", None, None) if word == "result" else ("named", word)
            parts = self.commas(">", lambda: None if self.accept("_") else self.type())
            if word == "tuple":
                return ("tuple", parts)
            if word == "result":
                return ("result", parts[0], parts[1] if len(parts) > 1 else None)
            return (word, parts[0][1]) if word in ("own", "borrow") else (word, parts[0])
        return ("named", word)


def plain(found):
    """Aliases of types become names of what they mean; a name of a resource by itself owns it."""
    for it in found.values():
        for name, t in list(it.types.items()):
            if t[0] == "alias":
                it.types[name] = t[1] if t[1][0] != "named" else it.types[t[1][1]]


def read(folder, leave_out=("http",)):
    """All interfaces of a folder of packages, those that others use before them."""
    found = {}
    for path in sorted(Path(folder).glob("*.wit")):
        if path.stem not in leave_out:
            Reader(path, found).package()
    plain(found)
    ordered = {}

    def put(it):
        if it.name not in ordered:
            for t in it.types.values():
                if t[0] == "use":
                    put(found[t[1]])
            ordered[it.name] = it

    for it in found.values():
        put(it)
    return ordered
