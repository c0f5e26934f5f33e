// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Touches what a program has of its surroundings and says what it found: touches.c in JavaScript, without any library between it and
// WASI 0.2.
import { getArguments, getEnvironment } from 'wasi:cli/environment@0.2.3';
import { getStdin } from 'wasi:cli/stdin@0.2.3';
import { getStdout } from 'wasi:cli/stdout@0.2.3';
import { getStderr } from 'wasi:cli/stderr@0.2.3';
import { now as monotonicNow, subscribeDuration } from 'wasi:clocks/monotonic-clock@0.2.3';
import { now as wallNow } from 'wasi:clocks/wall-clock@0.2.3';
import { getDirectories } from 'wasi:filesystem/preopens@0.2.3';
import { getRandomU64 } from 'wasi:random/random@0.2.3';

let out; // not before the run: nothing can be called while the component is made
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function print(stream, text) {
  const bytes = encoder.encode(`${text}\n`);
  for (let at = 0; at < bytes.length; at += 4096) stream.blockingWriteAndFlush(bytes.subarray(at, at + 4096));
}

/// All bytes of a stream.
function readAll(stream) {
  const parts = [];
  for (;;) {
    try {
      parts.push(...stream.blockingRead(65536n));
    } catch (error) {
      if (error.payload?.tag === 'closed') return new Uint8Array(parts);
      throw error;
    }
  }
}

/// "done", or the error's code.
function outcome(what) {
  try {
    what();
    return 'done';
  } catch (error) {
    return String(error.payload);
  }
}

function clocks() {
  const before = monotonicNow();
  subscribeDuration(20_000_000n).block();
  const slept = monotonicNow() - before;
  const sleep = slept >= 20_000_000n && slept < 20_000_000_000n ? 'slept' : 'did not sleep';
  print(out, `clocks: ${wallNow().seconds > 1_700_000_000n ? 'after 2023' : 'long ago'} ${sleep}`);
}

function files() {
  const data = getDirectories().find(([, path]) => path === '/data')[0];
  const follow = { symlinkFollow: true };
  const input = data.openAt(follow, 'in.txt', {}, { read: true });
  print(out, `file: ${decoder.decode(readAll(input.readViaStream(0n)))}`);
  const output = data.openAt(follow, 'out.txt', { create: true, truncate: true }, { write: true });
  print(output.writeViaStream(0n), 'from the guest');
  print(out, `mkdir: ${outcome(() => data.createDirectoryAt('made'))}`);
  print(out, `rename: ${outcome(() => data.renameAt('out.txt', data, 'made/out.txt'))}`);
  const names = [];
  const entries = data.readDirectory();
  for (let entry; (entry = entries.readDirectoryEntry()); ) names.push(entry.name);
  print(out, `dir: ${names.sort().join(' ')}`);
  print(out, `size: ${data.statAt(follow, 'made/out.txt').size}`);
  const none = outcome(() => data.openAt(follow, 'none', {}, { read: true }));
  print(out, `none: ${none === 'no-entry' ? 'missing' : none}`);
  const outside = outcome(() => data.openAt(follow, '../secret', {}, { read: true }));
  print(out, `outside: ${outside === 'not-permitted' ? 'refused' : outside}`);
}

export const run = {
  run() {
    out = getStdout();
    const args = getArguments().slice(1);
    print(out, `args:${args.map((one) => ` [${one}]`).join('')}`);
    print(out, `env: ${getEnvironment().map(([name, value]) => `${name}=${value}`).sort().join(' ')}`);
    print(out, `stdin: ${readAll(getStdin()).length} bytes`);
    clocks();
    print(out, `random: ${getRandomU64() !== getRandomU64() ? 'two that differ' : 'none'}`);
    files();
    print(getStderr(), 'to the other stream');
    if (args.at(-1) === 'fail') throw undefined;
  },
};
