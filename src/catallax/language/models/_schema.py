"""Bounded JSON schemas: every answer that fits has a largest size."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

_NOTES = {"title", "description", "default", "examples", "$defs", "$schema"}
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}
_BOUNDS = {
    "string": ("maxLength",),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "array": ("maxItems", "items"),
    "object": ("properties", "required"),
}
_OPTIONS = {"string": {"minLength"}, "array": {"minItems"}, "object": {"additionalProperties"}}


class Unfit(ValueError):
    """A value that does not fit, or a text that holds none."""


def unbounded(schema: Any, where: str = "schema") -> Iterator[str]:
    """What keeps a schema from being bounded and closed, one sentence each.

    A text needs `maxLength`, a number `minimum` and `maximum`, a list `items` and `maxItems`; an object all of its
    `properties` in `required`, and `additionalProperties` false. A value of `enum` or `const` is bounded by itself.

    >>> list(unbounded({"type": "string"}))
    ['schema: a string needs maxLength, or give enum']
    """
    if not isinstance(schema, Mapping):
        yield f"{where}: is to be a schema, got {schema!r}"
        return
    if "enum" in schema or "const" in schema:
        return
    if "anyOf" in schema:
        for k, part in enumerate(schema["anyOf"]):
            yield from unbounded(part, f"{where}.anyOf[{k}]")
        return
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        yield f"{where}: needs one type of {sorted(_KINDS)}, or enum, const or anyOf, got {kind!r}"
        return
    lacking = [bound for bound in _BOUNDS.get(kind, ()) if bound not in schema]
    if lacking:
        yield f"{where}: {'an' if kind[0] in 'aio' else 'a'} {kind} needs {' and '.join(lacking)}, or give enum"
        return
    if kind == "array":
        yield from unbounded(schema["items"], f"{where}.items")
    if kind == "object":
        if schema.get("additionalProperties") is not False:
            yield f"{where}: an object needs additionalProperties: false"
        if set(schema["required"]) != set(schema["properties"]):
            yield f"{where}: required has to name all properties; an absent one is a default nobody said"
        for name, part in schema["properties"].items():
            yield from unbounded(part, f"{where}.{name}")


def unknown(schema: Mapping[str, Any], where: str = "schema") -> Iterator[str]:
    """The keywords of a schema that `check` does not know, one sentence each; none is passed over in silence."""
    known = {"type", "enum", "const", "anyOf"} | _NOTES
    known |= set(_BOUNDS.get(schema.get("type", ""), ())) | _OPTIONS.get(schema.get("type", ""), set())
    for word in sorted(set(schema) - known):
        yield f"{where}: the keyword {word} is not supported; use a pydantic model for it"
    parts = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    for part in [*parts, *schema.get("properties", {}).values()]:
        yield from unknown(part, where)


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with its `$ref` replaced by what they point to.

    Raises:
        ValueError: if it contains itself, and so has no largest answer.
    """
    definitions = schema.get("$defs", {})

    def walk(part: Any, inside: tuple[str, ...]) -> Any:
        if isinstance(part, list):
            return [walk(p, inside) for p in part]
        if not isinstance(part, dict):
            return part
        if "$ref" not in part:
            return {name: walk(p, inside) for name, p in part.items() if name != "$defs"}
        name = part["$ref"].removeprefix("#/$defs/")
        if name in inside:
            raise ValueError(f"schema: {name} contains itself, so an answer has no largest size.")
        return walk(definitions[name], (*inside, name))

    return walk(dict(schema), ())


def check(value: Any, schema: Mapping[str, Any], where: str = "answer") -> None:
    """Whether a value fits a schema of the words that `unknown` lets pass.

    Raises:
        Unfit: if it does not, saying where; the value itself is not repeated.
    """
    if "anyOf" in schema:
        if not any(_fits(value, part) for part in schema["anyOf"]):
            raise Unfit(f"{where} fits none of the allowed forms")
        return
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if allowed is not None:
        # JSON tells true from 1, Python does not
        if not any(type(value) is type(a) and value == a for a in allowed):
            raise Unfit(f"{where} is none of {allowed}")
        return
    kind = schema["type"]
    if not isinstance(value, _KINDS[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise Unfit(f"{where} should be of type {kind}")
    if isinstance(value, str | list):
        low, high = ("minLength", "maxLength") if kind == "string" else ("minItems", "maxItems")
        if not schema.get(low, 0) <= len(value) <= schema[high]:
            raise Unfit(f"{where} has length {len(value)}, allowed are {schema.get(low, 0)} to {schema[high]}")
    elif kind in ("integer", "number") and not schema["minimum"] <= value <= schema["maximum"]:
        raise Unfit(f"{where} should be from {schema['minimum']} to {schema['maximum']}")
    if isinstance(value, list):
        for k, item in enumerate(value):
            check(item, schema["items"], f"{where}[{k}]")
    if isinstance(value, dict):
        if set(value) != set(schema["properties"]):
            raise Unfit(f"{where} should have exactly the fields {sorted(schema['properties'])}")
        for name, part in schema["properties"].items():
            check(value[name], part, f"{where}.{name}")


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    try:
        check(value, schema)
    except Unfit:
        return False
    return True


def read_json(text: str) -> Any:
    """The JSON value in a text: the whole of it, or its only fenced block.

    Raises:
        Unfit: if there is none, or more than one block.

    >>> read_json('Sure: ```json\\n{"price": 3}\\n```')
    {'price': 3}
    """
    # one way to match only: with `\s*\n` a long run of blank lines would take a time that grows with its square
    fenced = re.findall(r"```[a-zA-Z]*[^\S\n]*\n(.*?)```", text, flags=re.DOTALL)
    for candidate in (text, fenced[0] if len(fenced) == 1 else None):
        if candidate is not None:
            try:
                found = json.loads(candidate, parse_constant=_no_constant, object_pairs_hook=_once)
                json.dumps(found, ensure_ascii=False).encode()  # an escape can be half of a character
                return found
            except (ValueError, RecursionError):
                continue
    raise Unfit("the answer is no JSON")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, if no field comes twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field comes twice")
    return found


def smallest(schema: Mapping[str, Any]) -> Any:
    """A small value that fits a bounded schema.

    >>> smallest({"type": "array", "items": {"const": 1}, "minItems": 2, "maxItems": 9})
    [1, 1]
    """
    if "anyOf" in schema:
        return smallest(schema["anyOf"][0])
    if "enum" in schema or "const" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema["type"]
    if kind == "array":
        return [smallest(schema["items"])] * schema.get("minItems", 0)
    if kind == "object":
        return {name: smallest(part) for name, part in schema["properties"].items()}
    number = math.ceil(schema["minimum"]) if kind == "integer" else schema.get("minimum")
    return {"string": "x" * schema.get("minLength", 0), "boolean": False, "null": None}.get(kind, number)
