// SPDX-License-Identifier: Apache-2.0 OR MIT
//
// Has jco read WIT texts: of each it makes a component that does nothing and has the world `root` of the text.
//
//   node wit.mjs JCO-FOLDER < '[{"wit": PATH, "into": PATH}, …]'
//   node wit.mjs JCO-FOLDER COMPONENT      prints the WIT that jco finds in it
//
// Prints a list in the same order: null, or why a text was refused.
import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, component] = process.argv.slice(2);
const jco = await import(pathToFileURL(resolve(folder, 'src/api.js')));

if (component) {
  console.log(await jco.componentWit(await readFile(component)));
} else {
  const told = [];
  for (const { wit, into } of JSON.parse(await text(process.stdin))) {
    try {
      const core = await jco.componentEmbed({ witPath: resolve(wit), dummy: true, world: 'root' });
      await writeFile(into, await jco.componentNew(core, []));
      told.push(null);
    } catch (error) {
      told.push(String(error.payload ?? error.message ?? error));
    }
  }
  console.log(JSON.stringify(told));
}
