"""The OpenAPI document as people read it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.utils.text import slugify

from transcripts.api.own.api import document

Schema = dict[str, Any]
# Every address answers these alike: the page says so once.
COMMON = {"304", "401", "403", "422", "429"}


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    # The shape that it is made of, by its name; empty for plain values.
    shape: str = ""
    place: str = ""
    is_required: bool = False
    text: str = ""


@dataclass(frozen=True)
class Body:
    media_type: str
    fields: list[Field]
    shape: str = ""


@dataclass(frozen=True)
class Answer:
    status: str
    text: str
    shape: str = ""


@dataclass(frozen=True)
class Operation:
    anchor: str
    verb: str
    path: str
    summary: str
    text: str
    scope: str
    parameters: list[Field]
    bodies: list[Body]
    answers: list[Answer]

    @property
    def paragraphs(self) -> list[str]:
        return [" ".join(paragraph.split()) for paragraph in self.text.split("\n\n") if paragraph.strip()]


@dataclass(frozen=True)
class Group:
    name: str
    slug: str
    operations: list[Operation] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    name: str
    text: str
    fields: list[Field]


@cache
def groups() -> list[Group]:
    """Return all operations by what they are about."""
    found: dict[str, Group] = {}
    for path, verbs in document()["paths"].items():
        for verb, operation in verbs.items():
            name = operation["tags"][0]
            group = found.setdefault(name, Group(name, slugify(name)))
            group.operations.append(_operation(path, verb, operation))
    return list(found.values())


def shapes_of(group: Group) -> list[Shape]:
    """Return what the bodies and answers of a group are made of, and what that is made of."""
    wanted = {name for operation in group.operations for name in _named(operation)}
    found: dict[str, Shape] = {}
    while left := sorted(wanted - found.keys()):
        found |= {name: _shape(name) for name in left}
        wanted |= {field.shape for name in left for field in found[name].fields if field.shape}
    return [found[name] for name in sorted(found)]


def _named(operation: Operation) -> Iterator[str]:
    names = [answer.shape for answer in operation.answers]
    for body in operation.bodies:
        names += [body.shape, *(field.shape for field in body.fields)]
    return filter(None, names)


def _shape(name: str) -> Shape:
    schema = document()["components"]["schemas"][name]
    return Shape(name, schema.get("description", ""), _fields(schema))


def _operation(path: str, verb: str, operation: Schema) -> Operation:
    return Operation(
        anchor=operation["operationId"].replace("_", "-"),
        verb=verb.upper(),
        path=path,
        summary=operation["summary"],
        text=operation.get("description", ""),
        scope="".join(operation["security"][0]["ApiKeyAuth"]),
        parameters=[_parameter(parameter) for parameter in operation["parameters"]],
        bodies=[_body(*content) for content in operation.get("requestBody", {}).get("content", {}).items()],
        answers=list(_answers(operation["responses"])),
    )


def _parameter(parameter: Schema) -> Field:
    schema = parameter["schema"]
    return Field(
        name=parameter["name"],
        kind=kind_of(schema),
        place=parameter["in"],
        is_required=parameter["required"],
        text=parameter.get("description", ""),
    )


def _body(media_type: str, content: Schema) -> Body:
    schema = content["schema"]
    return Body(media_type, _fields(schema), shape_of(schema))


def _answers(responses: Schema) -> Iterator[Answer]:
    for status, response in responses.items():
        if status in COMMON:
            continue
        contents = list(response.get("content", {}).values())
        shape = shape_of(contents[0].get("schema", {})) if contents and status < "300" else ""
        yield Answer(status, response["description"], shape)


def _fields(schema: Schema) -> list[Field]:
    required = set(schema.get("required", ()))
    return [
        Field(
            name=name,
            kind=kind_of(of),
            shape=shape_of(of),
            is_required=name in required,
            text=of.get("description", ""),
        )
        for name, of in schema.get("properties", {}).items()
    ]


def shape_of(schema: Schema) -> str:
    """Return the name of the shape that a value, or each of its items, has."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    inner = [schema["items"]] if "items" in schema else schema.get("anyOf", [])
    return next((name for name in map(shape_of, inner) if name), "")


def kind_of(schema: Schema) -> str:
    """Return in a few words what a value may be."""
    if "$ref" in schema:
        return "object"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind_of(part) for part in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ", ".join(str(value) or "nothing" for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"]) or "nothing"
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return _plain(schema) + _limits(schema)


def _plain(schema: Schema) -> str:
    formats = {"date-time": "time", "date": "day", "uuid": "UUID"}
    if "contentMediaType" in schema:
        return "file"
    names = {"string": "text", "integer": "whole number", "boolean": "true or false"}
    kind = str(schema.get("type", "anything"))
    return formats.get(schema.get("format", ""), names.get(kind, kind))


def _limits(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is not None and most < 10**7:
        return f", {least or 0:g} to {most:g}"
    if "maxLength" in schema:
        return f", at most {schema['maxLength']:,} characters"
    return ""
