// SPDX-License-Identifier: Apache-2.0 OR MIT

// Component: small things with texts in a language whose strings are UTF-16 by nature, behind bindings written by hand.
// What the caller gets an address of is pinned until it calls cabi_post_….

const held = new Array<usize>();

function hold(bytes: usize): usize {
  const at = __pin(__new(bytes, 0));
  held.push(at);
  return at;
}

function release(): void {
  while (held.length) __unpin(held.pop());
}

export function cabi_realloc(old: usize, oldSize: usize, align: usize, size: usize): usize {
  const made = hold(size);
  memory.copy(made, old, min(oldSize, size));
  return made;
}

function taken(at: usize, units: usize): string {
  return String.UTF16.decodeUnsafe(at, units << 1);
}

// Two words: where, how many.
function pair(at: usize, n: i32, where: usize = hold(8)): usize {
  store<u32>(where, u32(at));
  store<u32>(where, n, 4);
  return where;
}

function given(text: string, where: usize = hold(8)): usize {
  const bytes = text.length << 1;
  const at = hold(bytes);
  memory.copy(at, changetype<usize>(text), bytes);
  return pair(at, text.length, where);
}

export function shout(at: usize, units: usize): usize {
  return given(taken(at, units).toUpperCase() + '!');
}

function plainUnit(c: i32): bool {
  return (c >= 48 && c <= 57) || (c >= 97 && c <= 122);
}

export function palindrome(at: usize, units: usize): bool {
  const text = taken(at, units).toLowerCase();
  let kept = '';
  for (let i = 0; i < text.length; i++) {
    if (plainUnit(text.charCodeAt(i))) kept += text.charAt(i);
  }
  release();
  return kept == kept.split('').reverse().join('');
}

export function units(at: usize, units: usize): u32 {
  const n = taken(at, units).length;
  release();
  return n;
}

export function vowels(at: usize, units: usize): usize {
  const text = taken(at, units).toLowerCase();
  const found = new Array<u32>();
  for (let i = 0; i < text.length; i++) {
    if ('aeiou'.includes(text.charAt(i))) found.push(i);
  }
  const list = hold(4 * found.length);
  for (let i = 0; i < found.length; i++) store<u32>(list + 4 * i, found[i]);
  return pair(list, found.length);
}

export function sorted(at: usize, n: i32): usize {
  const words = new Array<string>();
  for (let i = 0; i < n; i++) words.push(taken(load<u32>(at + 8 * i), load<u32>(at + 8 * i, 4)));
  words.sort((a, b) => (a.length != b.length ? a.length - b.length : a < b ? -1 : a > b ? 1 : 0));
  const list = hold(8 * n);
  for (let i = 0; i < n; i++) given(words[i], list + 8 * i);
  return pair(list, n);
}

export function cabi_post_shout(_: usize): void {
  release();
}

export function cabi_post_vowels(_: usize): void {
  release();
}

export function cabi_post_sorted(_: usize): void {
  release();
}
