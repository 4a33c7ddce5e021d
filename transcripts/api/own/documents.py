"""What the OpenAPI document says beyond what the functions' signatures do."""

from typing import Any

from ninja.schema import NinjaGenerateJsonSchema
from pydantic import BaseModel

from transcripts.api.own.problems import MEDIA_TYPE

REF_TEMPLATE = "#/components/schemas/{model}"
PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
SENTENCES = {
    304: "Nothing has changed since the state of If-None-Match.",
    400: "It cannot be done as it was asked for.",
    401: "No API key, or one that cannot be used.",
    403: "The key lacks the scope.",
    404: "There is nothing at this address that the key may see.",
    405: "The address takes other verbs.",
    406: "It cannot be given in that form.",
    409: "It cannot be done as things stand.",
    412: "It was changed in another place meanwhile.",
    413: "It is too large, or the account is full.",
    415: "The body is of another kind than it must be.",
    416: "There are no such bytes.",
    422: "A value is missing, or cannot be used.",
    428: "The version that is changed was not said.",
    429: "The key was used too often, or too much is under way.",
    460: "The bytes are not those that were sent.",
    507: "The server's disk is full.",
}
# What every address may answer.
ALWAYS = (400, 401, 403, 422, 429)


def refusals(*statuses: int) -> dict[str, Any]:
    """Return the part of an operation's description that lists its errors."""
    return {"responses": {status: _response(status) for status in statuses}}


def _response(status: int) -> dict[str, Any]:
    content = {"content": PROBLEM} if status >= 400 else {}
    return {"description": SENTENCES[status], **content}


def headers_of(**facts: Any) -> dict[str, Any]:
    """Return how the reference describes headers that an address takes."""
    return {"parameters": [_header(name, text) for name, text in facts.items()]}


def _header(name: str, text: str) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "in": "header",
        "name": name.replace("_", "-"),
        "required": False,
        "schema": schema,
        "description": text,
    }


def joined(*parts: dict[str, Any]) -> dict[str, Any]:
    """Return several parts of an operation's description as one."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            if name == "parameters":
                whole[name] = [*whole.get(name, []), *value]
            elif name == "responses":
                whole[name] = {**whole.get(name, {}), **value}
            else:
                whole[name] = value
    return whole


def body_of(
    *, json: type[BaseModel] | None = None, form: type[BaseModel] | None = None, file: str = ""
) -> dict[str, Any]:
    """Describe a body that comes in one of several ways."""
    content: dict[str, Any] = {}
    if json:
        content["application/json"] = {"schema": schema_of(json)}
    if form:
        schema = schema_of(form)
        schema["properties"]["file"] = {"type": "string", "contentMediaType": "application/octet-stream"}
        content["multipart/form-data"] = {"schema": schema}
    if file:
        content[file] = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    return {"requestBody": {"required": True, "content": content}}


def files_of(media_type: str, sentence: str, status: int = 200) -> dict[str, Any]:
    """Describe an answer that is a file."""
    return {"responses": {status: {"description": sentence, "content": {media_type: {}}}}}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(ref_template=REF_TEMPLATE, schema_generator=NinjaGenerateJsonSchema)


def complete(
    document: dict[str, Any], problem: type[BaseModel], scopes: dict[str, list[str]]
) -> dict[str, Any]:
    """Add what all operations have in common, and the scopes of each."""
    document["components"]["schemas"][problem.__name__] = _own(document, problem)
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            _complete(path, verb, operation)
            operation["security"] = [{"ApiKeyAuth": scopes[operation["operationId"]]}]
            # Made of the function's name.
            operation["summary"] = operation["summary"].capitalize()
    return document


def _own(document: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    schema = schema_of(model)
    document["components"]["schemas"].update(schema.pop("$defs", {}))
    return schema


def _complete(path: str, verb: str, operation: dict[str, Any]) -> None:
    statuses = [*ALWAYS, *([404] if "{" in path else [])]
    found = operation["responses"]
    for status in statuses:
        found.setdefault(status, _response(status))
    if verb == "get" and 200 in found:
        found.setdefault(304, _response(304))
    operation["responses"] = {str(status): found[status] for status in sorted(found)}
