// SPDX-License-Identifier: Apache-2.0 OR MIT
// Component: words of a text, lines, characters.

const WORD = /[0-9A-Za-z\u{80}-\u{10ffff}]+/gu;

// In the order of code points; strings compare by UTF-16 units.
function compare(a, b) {
  const x = Array.from(a), y = Array.from(b);
  for (let i = 0; i < x.length && i < y.length; i++) {
    if (x[i] !== y[i]) return x[i].codePointAt(0) - y[i].codePointAt(0);
  }
  return x.length - y.length;
}

export const words = {
  count(text, by) {
    const found = new Map();
    for (const [word] of text.matchAll(WORD)) {
      const lowered = word.replace(/[A-Z]/g, (c) => c.toLowerCase());
      found.set(lowered, (found.get(lowered) ?? 0) + 1);
    }
    const entries = Array.from(found, ([word, count]) => ({ word, count }));
    entries.sort((a, b) => (by === 'by-count' && b.count - a.count) || compare(a.word, b.word));
    return entries;
  },

  wrap(text, width) {
    const lines = [];
    let line = null;
    for (const word of text.split(/[ \t-\r]+/).filter((w) => w)) {
      const length = Array.from(word).length;
      if (length > width) throw `'${word}' is longer than ${width}`;
      if (line !== null && Array.from(line).length + 1 + length <= width) {
        line += ` ${word}`;
      } else {
        if (line !== null) lines.push(line);
        line = word;
      }
    }
    if (line !== null) lines.push(line);
    return lines;
  },

  reverse(text) {
    return Array.from(text).reverse().join('');
  },

  longest(text) {
    let best;
    for (const [word] of text.matchAll(WORD)) {
      if (best === undefined || Array.from(word).length > Array.from(best).length) best = word;
    }
    return best;
  },

  characters(text) {
    const all = Array.from(text);
    return [all.length, all.filter((c) => c.codePointAt(0) > 127).length];
  },
};
