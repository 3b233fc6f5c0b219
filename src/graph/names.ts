/** Names for new tensors of a graph: a name that is there already would make it another graph. */
import type { GraphProto } from 'onnx-buf';
import { usedNames } from './graph-index.js';

/** Every name of a tensor, those that the bodies of sub-graphs use included. */
export function takenNames(graph: GraphProto): Set<string> {
  const taken = new Set([...graph.input, ...graph.output, ...graph.initializer].map(({ name }) => name));
  for (const node of graph.node) for (const name of [...usedNames(node), ...node.output]) taken.add(name);
  return taken;
}

/** `wanted`, or with a number behind it; the name is taken then. */
export function freeName(taken: Set<string>, wanted: string): string {
  let name = wanted;
  for (let serial = 1; taken.has(name); serial += 1) name = `${wanted}_${serial}`;
  taken.add(name);
  return name;
}
