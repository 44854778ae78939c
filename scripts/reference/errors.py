"""Every error code, read from the source: where it is raised, what it says, what it tells to do."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from scripts.reference.text import Page, code, listed, sentence, table

SOURCE = Path(__file__).parents[2] / "src" / "sanoscope"
WORDS = Path(__file__).with_name("erreurs.yaml")
"""What to do about the errors that do not say it themselves, by code: one sentence each."""

MAKERS = {"disk": 0, "Pace": 1, "Refusal": 1, "refuse": 1}
"""What makes an error besides the classes of errors: which argument is its code; what it says comes next."""

GIVEN = (
    "access/accounts.py",
    "access/passwords.py",
    "access/sessions.py",
    "intake/bases/write.py",
    "intake/champs.py",
    "intake/decode.py",
    "intake/reading.py",
    "intake/receive.py",
    "intake/sources.py",
    "operate/archive.py",
    "web/pace.py",
    "web/wishes.py",
)
"""Modules where the code of an error is given by who calls, or made: `WORDS` has those that are read nowhere else."""

CHOOSE = "Choisissez parmi ce qui est admis : l'erreur le nomme."
CLOSEST = "L'erreur propose ce qui y ressemble le plus."
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
HOLES = re.compile(r"%\(\w+\)s")
WORD = re.compile(r"[a-zà-ÿ]{2}")
HOLE = "…"
"""What stands for a value in a message."""

KINDS = {
    "CriterionError": "question ou saisie",
    "ForbiddenError": "droit",
    "SignInError": "identité",
    "RefusedError": "requête d'ailleurs",
    "LaterError": "plus tard",
    "TooOftenError": "trop souvent",
    "BusyError": "charge",
    "TooLongError": "charge",
    "UnavailableError": "charge",
    "InputFileError": "fichier",
    "NotFoundError": "introuvable",
    "SanoscopeError": "opération",
}
"""What an error is about, by its class."""


@dataclass(slots=True)
class Told:
    """What the source says of an error code."""

    code: str
    kinds: set[str] = field(default_factory=set)
    where: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    todo: set[str] = field(default_factory=set)


@cache
def unresolved() -> tuple[str, ...]:
    """Return the calls that make an error whose code cannot be read: there must be none."""
    return tuple(place for place, _, _, codes in _calls() if not codes and place.rpartition(":")[0] not in GIVEN)


@cache
def collected() -> dict[str, Told]:
    """Return what is told of each code, in alphabetical order."""
    found: dict[str, Told] = {}
    for place, call, scope, codes in _calls():
        for name in codes:
            told = found.setdefault(name, Told(name))
            told.where.add(place.rpartition(":")[0])
            told.kinds.add(KINDS.get(_named(call), "fichier" if _named(call) in ("Refusal", "refuse") else "opération"))
            told.messages |= _messages(call, scope)
            told.todo |= _todo(call, scope)
    for name, (message, todo) in by_hand().items():
        told = found.setdefault(name, Told(name, {"opération"}, set()))
        if message:
            told.messages = {message, *(m for m in told.messages if WORD.search(m))}
        if todo:
            told.todo |= {todo}
    return dict(sorted(found.items()))


@cache
def raised() -> frozenset[str]:
    """Return the codes that are read in the source."""
    return frozenset(name for _, _, _, codes in _calls() for name in codes)


def todo(told: Told) -> str:
    """Return what to do about an error, in one or several sentences."""
    own = sorted(told.todo - {CHOOSE, CLOSEST})
    return " ".join(own or sorted(told.todo))


def page() -> Page:
    """Return the page of the error codes."""
    rows = [
        [
            f'<span id="{told.code}"></span>{code(told.code)}',
            " · ".join(sorted(told.kinds)),
            "<br>".join(sentence(m) for m in sorted(told.messages)),
            todo(told),
            listed(code(where) for where in sorted(told.where)),
        ]
        for told in collected().values()
    ]
    return Page(
        "codes-d-erreur",
        "Les codes d'erreur",
        [
            "Une erreur dit ce qui était faux, avec quelle valeur, ce qui est admis et que faire. Son code ne "
            "change pas : "
            "une commande l'écrit entre crochets (« Erreur [edition-introuvable] »), l'API le donne au champ "
            "`code` de sa "
            "réponse `application/problem+json`, une page le montre sous le message. « … » tient la place d'une "
            "valeur.",
            f"Il y en a {len(rows)}, lus dans le code à la construction de ce site.",
            table(["code", "de quoi", "ce qu'elle dit", "que faire", "d'où elle vient"], rows),
        ],
    )


@cache
def by_hand() -> dict[str, tuple[str, str]]:
    """Return (message, what to do) by code, of what is written by hand; either may be empty."""
    given = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return {
        name: ("", one) if isinstance(one, str) else (one.get("dit", ""), one.get("faire", ""))
        for name, one in given.items()
    }


def _named(call: ast.Call) -> str:
    of = call.func
    return of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""


@cache
def _trees() -> dict[str, ast.Module]:
    return {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
    }


@cache
def _constants() -> dict[str, ast.expr]:
    """Return what is given to the names of modules, the first of each name."""
    found: dict[str, ast.expr] = {}
    for tree in _trees().values():
        for line in tree.body:
            if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant | ast.Call):
                found.setdefault(_base(line.targets[0]), line.value)
    return found


@cache
def _classes() -> frozenset[str]:
    """Return the names of the errors that have a code."""
    classes = [line for tree in _trees().values() for line in tree.body if isinstance(line, ast.ClassDef)]
    found, before = {"SanoscopeError"}, 0
    while len(found) > before:
        before = len(found)
        found |= {line.name for line in classes if any(_base(one) in found for one in line.bases)}
    return frozenset(found - {"NothingToDrawError"})


def _base(of: ast.expr) -> str:
    return of.id if isinstance(of, ast.Name) else ""


@cache
def _calls() -> tuple[tuple[str, ast.Call, ast.AST, frozenset[str]], ...]:
    """Return (module:line, call, the function it is in, its codes) of all that makes an error with a code."""
    return tuple(
        (f"{name}:{call.lineno}", call, scope, _codes(call, scope))
        for name, tree in _trees().items()
        for call, scope in _made(tree, tree)
        if "efus" not in _named(call) or name.startswith("intake/")
    )


def _made(node: ast.AST, scope: ast.AST) -> Iterator[tuple[ast.Call, ast.AST]]:
    """Yield what makes an error in a node, with the function, or the module, that it is in."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            name = _named(child)
            if (name in _classes() and child.args) or name in MAKERS:
                yield child, scope
        yield from _made(child, child if isinstance(child, ast.FunctionDef) else scope)


def _codes(call: ast.Call, scope: ast.AST) -> frozenset[str]:
    at = MAKERS.get(_named(call), 0)
    given = call.args[at : at + 1]
    return frozenset(text for one in given for text in _texts(one, scope) if CODE.fullmatch(text))


def _messages(call: ast.Call, scope: ast.AST) -> set[str]:
    at = MAKERS.get(_named(call), 0) + (2 if _named(call) == "refuse" and len(call.args) > 3 else 1)
    return {text for one in call.args[at : at + 1] for text in _texts(one, scope)}


def _todo(call: ast.Call, scope: ast.AST) -> set[str]:
    if _named(call) == "Pace":
        return set(_texts(call.args[3], scope))
    said = {one.arg: one.value for one in call.keywords}
    given = said.get("todo")
    told = {text for text in (_texts(given, scope) if given else ()) if text}
    if not told and isinstance(given, ast.Call) and _named(given) == "suggest":
        told = {CLOSEST}
    return told or ({CHOOSE} if "allowed" in said else set())


def _texts(given: ast.expr, scope: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression may be, a hole for each value; local names and constants are looked up."""
    match given:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else HOLE for one in parts)
        case ast.IfExp(body=body, orelse=other):
            yield from _texts(body, scope)
            yield from _texts(other, scope)
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            yield "".join(next(_texts(one, scope), HOLE) for one in (left, right))
        case ast.Subscript(value=ast.Dict(values=values)):
            for one in values:
                yield from _texts(one, scope)
        case ast.Call(args=[first, *_]) if _named(given) in ("Sentence", "marked"):
            yield from (HOLES.sub(HOLE, text).replace("%%", "%") for text in _texts(first, scope))
        case ast.Name(id=name):
            local = _assigned(name, scope)
            for one in local:
                yield from _texts(one, scope)
            if not local and name in _constants():
                yield from _texts(_constants()[name], scope)


def _assigned(name: str, scope: ast.AST) -> list[ast.expr]:
    """Return what a function gives a name, on a line of its own or with others."""
    found = []
    for line in ast.walk(scope) if isinstance(scope, ast.FunctionDef) else ():
        if not isinstance(line, ast.Assign):
            continue
        for target in line.targets:
            if _base(target) == name:
                found.append(line.value)
            elif isinstance(target, ast.Tuple) and isinstance(line.value, ast.Tuple):
                found += [v for t, v in zip(target.elts, line.value.elts, strict=True) if _base(t) == name]
    return found
