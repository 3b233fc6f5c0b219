// A process that wants one engine: `engine-asker.mjs FOLDER`. Says `building` and builds once it reads a line, or
// `waiting` and then what came of it; at the end `built` or `found`. With `lend` as another argument it lends the
// lock to a program that outlives it, whose process number it says before `building`.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineCache } from '../../dist/engines/engine-cache.js';
import { content, FACTS, FILES, KEYS } from '../../scripts/proof/engine-models.mjs';

const say = (word) => process.stdout.write(`${word}\n`);
const [key] = KEYS;
const cache = new EngineCache({ folder: process.argv[2], maxBytes: 1e9 });
await cache.start();
const acquired = await cache.acquire(key, { onWait: (ms) => ms === 0 && say('waiting') });
if (acquired.kind === 'build') {
  for (const name of FILES) writeFileSync(join(acquired.build.folder, name), content(key, name));
  if (process.argv[3] === 'lend') {
    const tool = spawn('sleep', ['600'], { stdio: ['ignore', 'ignore', 'ignore', acquired.build.lockFd] });
    say(tool.pid);
  }
  say('building');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  await (await acquired.build.commit(FACTS)).close();
  say('built');
} else {
  await acquired.engine.close();
  say('found');
}
process.exit(0);
