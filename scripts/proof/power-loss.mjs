/**
 * Power that goes: records what a program does to the files below a folder, and makes the folder that a disk would show
 * afterwards. What a file or a folder held at its last fsync is there; whatever came later may be there or not, files
 * cut, zeroed or empty, and each folder without its last changes. Stricter than file systems with a journal are.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const PATHS = [
  'mkdir',
  'open',
  'rename',
  'rm',
  'writeFile',
  'truncate',
  'copyFile',
  'unlink',
  'rmdir',
  'link',
];
const HANDLE = ['sync', 'datasync', 'write', 'writeFile', 'truncate', 'close'];
const CALLBACKS = ['open', 'write', 'writev', 'close', 'mkdir', 'rename', 'unlink'];

export class PowerLoss {
  #root;
  #nodes = new Map();
  #ids = new Map();
  #nextId = 1;
  #steps = 0;
  #cutAt = Number.POSITIVE_INFINITY;
  #gone = false;
  #resolve = () => {};
  #handles = new Set();

  /** Takes the place of Node's functions, once for a process. */
  async install() {
    const handle = await fs.promises.open(process.execPath);
    const prototype = Object.getPrototypeOf(handle);
    await handle.close();
    const wrap = (object, name, around) => {
      const original = object[name];
      object[name] = function (...args) {
        return around.call(this, (...changed) => original.apply(this, changed), args);
      };
    };
    const power = this;
    for (const name of PATHS)
      wrap(fs.promises, name, (original, args) =>
        power.#act(async () => {
          const result = await original(...args);
          if (name === 'open') power.#handles.add(result);
          return result;
        }),
      );
    for (const name of HANDLE)
      wrap(prototype, name, function (original, args) {
        if (name === 'close') power.#handles.delete(this);
        return power.#act(async () => {
          const result = await original(...args);
          if (name === 'sync' || name === 'datasync') power.#synced(fs.fstatSync(this.fd));
          return result;
        });
      });
    for (const name of CALLBACKS)
      wrap(fs, name, (original, args) => {
        const done = args.at(-1);
        if (!power.#begin()) return;
        original(...args.slice(0, -1), (...results) => {
          if (power.#gone) return;
          power.#look();
          done(...results);
        });
      });
    syncBuiltinESMExports();
  }

  /** From here on `root`, all of it on the disk already, is watched; power goes before this step. Resolves when it has. */
  watch(root, cutAt) {
    this.#root = root;
    this.#nodes = new Map();
    this.#ids = new Map();
    this.#gone = false;
    this.#steps = 0;
    this.#cutAt = cutAt;
    this.#look();
    for (const node of this.#nodes.values()) settle(node);
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** It did not go. */
  unwatch() {
    this.#root = undefined;
    this.#cutAt = Number.POSITIVE_INFINITY;
  }

  get steps() {
    return this.#steps;
  }

  /** What the disk may show now, written to `folder`. */
  after(folder, random) {
    const handles = [...this.#handles];
    this.#handles.clear();
    const root = this.#root;
    this.#gone = false;
    this.unwatch();
    for (const handle of handles) handle.close().catch(() => {});
    this.#restore(this.#ids.get(fs.lstatSync(root).ino), folder, random);
  }

  /** After power is gone nothing that was begun ever ends. */
  async #act(work) {
    if (this.#root === undefined) return work();
    if (!this.#begin()) return new Promise(() => {});
    let result;
    try {
      result = await work();
    } finally {
      if (!this.#gone) this.#look();
      else await new Promise(() => {});
    }
    return result;
  }

  #begin() {
    if (this.#root === undefined) return true;
    if (this.#gone) return false;
    this.#steps += 1;
    if (this.#steps <= this.#cutAt) return true;
    this.#look();
    this.#gone = true;
    this.#resolve();
    return false;
  }

  #synced({ ino }) {
    if (this.#gone || this.#root === undefined) return;
    this.#look();
    const node = this.#nodes.get(this.#ids.get(ino));
    if (node !== undefined) settle(node);
  }

  #look() {
    if (this.#root === undefined) return;
    const seen = new Map();
    this.#lookAt(this.#root, seen);
    this.#ids = seen;
  }

  #lookAt(path, seen) {
    let facts;
    try {
      facts = fs.lstatSync(path);
    } catch {
      return undefined;
    }
    const known = this.#ids.get(facts.ino);
    const id = seen.get(facts.ino) ?? known ?? this.#nextId++;
    seen.set(facts.ino, id);
    let node = this.#nodes.get(id);
    if (node === undefined) {
      node = facts.isDirectory()
        ? { kind: 'folder', now: new Map(), safe: new Map(), changes: [] }
        : { kind: 'file', now: Buffer.alloc(0), safe: Buffer.alloc(0), mark: '' };
      this.#nodes.set(id, node);
    }
    if (node.kind === 'file') {
      const mark = `${facts.size} ${facts.mtimeMs} ${facts.ctimeMs}`;
      if (node.mark !== mark) node.now = fs.readFileSync(path);
      node.mark = mark;
      return id;
    }
    const now = new Map();
    for (const name of fs.readdirSync(path)) {
      const child = this.#lookAt(join(path, name), seen);
      if (child !== undefined) now.set(name, child);
    }
    const change = differences(node.now, now);
    if (change.length > 0) node.changes.push(change);
    node.now = now;
    return id;
  }

  #restore(id, path, random) {
    const node = this.#nodes.get(id);
    if (node.kind === 'file') return fs.writeFileSync(path, survivor(node, random));
    fs.mkdirSync(path, { recursive: true });
    const entries = new Map(node.safe);
    const kept = random.index(node.changes.length + 1);
    for (const change of node.changes.slice(0, kept))
      for (const [name, child] of change)
        child === undefined ? entries.delete(name) : entries.set(name, child);
    for (const [name, child] of entries) this.#restore(child, join(path, name), random);
  }
}

function settle(node) {
  if (node.kind === 'folder') {
    node.safe = new Map(node.now);
    node.changes = [];
  } else node.safe = node.now;
}

function differences(before, after) {
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => [name, undefined]);
  return [...gone, ...[...after].filter(([name, id]) => before.get(name) !== id)];
}

/** What is left of a file of which only `safe` was synced. */
function survivor({ now, safe }, random) {
  if (now.equals(safe)) return now;
  const appended = now.length > safe.length && now.subarray(0, safe.length).equals(safe);
  const from = (appended ? safe.length : 0) + random.index(now.length - (appended ? safe.length : 0) + 1);
  const zeroed = Buffer.from(now);
  zeroed.fill(0, from);
  return [now, safe, now.subarray(0, from), zeroed][random.index(4)];
}
