// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Makes a component of a core module by jco's library: its command line leaves out the world that it is asked for.
//
//   node component.mjs JCO-FOLDER CORE OUT [--wit FOLDER --world NAME [--encoding utf8|utf16|compact-utf16]]
//                      [--adapter NAME=FILE]
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    wit: { type: 'string' },
    world: { type: 'string' },
    encoding: { type: 'string', default: 'utf8' },
    adapter: { type: 'string' },
  },
});
const [folder, core, out] = positionals;
const jco = await import(pathToFileURL(resolve(folder, 'src/api.js')));

let binary = await readFile(core);
if (values.wit) {
  binary = await jco.componentEmbed({
    binary,
    witPath: resolve(values.wit),
    world: values.world,
    stringEncoding: values.encoding,
    features: { tag: 'all' },
  });
}
const adapters = [];
if (values.adapter) {
  const [name, file] = values.adapter.split('=');
  adapters.push([name, await readFile(file)]);
}
await writeFile(out, await jco.componentNew(binary, adapters));
