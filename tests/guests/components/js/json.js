// SPDX-License-Identifier: Apache-2.0 OR MIT
// Component: JSON, by the language's own parser and writer.

// Bytes of UTF-8; not every engine has a TextEncoder.
function utf8Length(text) {
  return Array.from(text).reduce((n, c) => n + [0x80, 0x800, 0x10000].filter((x) => c.codePointAt(0) >= x).length + 1, 0);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Where, the engine tells in its words only: the shortest beginning that cannot be continued.
    const found = /line (\d+) column (\d+)/.exec(error.message);
    let at = 0;
    if (found) {
      const lines = text.split('\n').slice(0, Number(found[1]));
      lines[lines.length - 1] = lines[lines.length - 1].slice(0, Number(found[2]) - 1);
      at = utf8Length(lines.join('\n'));
    }
    throw { at, what: 'not JSON' };
  }
}

function* walk(value) {
  if (Array.isArray(value)) {
    yield { tag: 'begin-array' };
    for (const one of value) yield* walk(one);
    yield { tag: 'end-array' };
  } else if (value === null) {
    yield { tag: 'null' };
  } else if (typeof value === 'object') {
    yield { tag: 'begin-object' };
    for (const [key, one] of Object.entries(value)) {
      yield { tag: 'key', val: key };
      yield* walk(one);
    }
    yield { tag: 'end-object' };
  } else {
    yield { tag: { string: 'text', number: 'number', boolean: 'truth' }[typeof value], val: value };
  }
}

// The value that these tokens make.
function build(tokens) {
  const stack = [[]];
  const keys = [];
  const put = (value) => {
    const top = stack[stack.length - 1];
    if (Array.isArray(top)) top.push(value);
    else top[keys.pop()] = value;
  };
  for (const { tag, val } of tokens) {
    if (tag === 'begin-object') stack.push({});
    else if (tag === 'begin-array') stack.push([]);
    else if (tag === 'key') keys.push(val);
    else if (tag === 'end-object' || tag === 'end-array') put(stack.pop());
    else put(tag === 'null' ? null : val);
  }
  return stack[0][0];
}

function depth(value) {
  if (value === null || typeof value !== 'object') return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}

export const json = {
  tokens: (text) => Array.from(walk(parsed(text))),
  render: (tokens, indent) => JSON.stringify(build(tokens), null, indent),
  compact: (text) => JSON.stringify(parsed(text)),
  depth(text) {
    try {
      return depth(JSON.parse(text));
    } catch {
      throw undefined;
    }
  },
};
