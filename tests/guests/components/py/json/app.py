# SPDX-License-Identifier: Apache-2.0 OR MIT
"""Component: JSON by the standard library."""
import json

from componentize_py_types import Err
from wit_world.exports.json import (Complaint, Token_BeginArray, Token_BeginObject, Token_EndArray, Token_EndObject,
                                    Token_Key, Token_Null, Token_Number, Token_Text, Token_Truth)


def parsed(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Err(Complaint(len(text[:error.pos].encode()), "not JSON"))


def written(value, indent=None):
    separators = (",", ":") if indent is None else (",", ": ")
    return json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)


def walk(value):
    if isinstance(value, list):
        yield Token_BeginArray()
        for one in value:
            yield from walk(one)
        yield Token_EndArray()
    elif isinstance(value, dict):
        yield Token_BeginObject()
        for key, one in value.items():
            yield Token_Key(key)
            yield from walk(one)
        yield Token_EndObject()
    elif value is None:
        yield Token_Null()
    elif isinstance(value, bool):
        yield Token_Truth(value)
    elif isinstance(value, str):
        yield Token_Text(value)
    else:
        yield Token_Number(float(value))


def build(tokens):
    stack, keys = [[]], []

    def put(value):
        if isinstance(stack[-1], list):
            stack[-1].append(value)
        else:
            stack[-1][keys.pop()] = value

    for token in tokens:
        if isinstance(token, Token_BeginArray):
            stack.append([])
        elif isinstance(token, Token_BeginObject):
            stack.append({})
        elif isinstance(token, (Token_EndArray, Token_EndObject)):
            put(stack.pop())
        elif isinstance(token, Token_Key):
            keys.append(token.value)
        elif isinstance(token, Token_Number):
            put(int(token.value) if token.value.is_integer() else token.value)
        else:
            put(None if isinstance(token, Token_Null) else token.value)
    return stack[0][0]


def nesting(value):
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(nesting, value), default=0) if isinstance(value, list) else 0


class Json:
    def tokens(self, text):
        return list(walk(parsed(text)))

    def render(self, tokens, indent):
        return written(build(tokens), indent)

    def compact(self, text):
        return written(parsed(text))

    def depth(self, text):
        try:
            return nesting(json.loads(text))
        except json.JSONDecodeError:
            raise Err(None)
