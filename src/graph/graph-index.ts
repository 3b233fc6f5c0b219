/**
 * Who makes and who uses each tensor of a graph. Names used inside the bodies of If, Loop and Scan count,
 * since those see the tensors around them.
 */
import type { GraphProto, NodeProto, TensorProto } from 'onnx-buf';
import { floatScalar } from './tensors.js';

export class GraphIndex {
  readonly #producers = new Map<string, NodeProto>();
  readonly #consumers = new Map<string, NodeProto[]>();
  readonly #outputs: Set<string>;
  readonly #weights: Map<string, TensorProto>;

  constructor(graph: GraphProto) {
    this.#outputs = new Set(graph.output.map(({ name }) => name));
    this.#weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    for (const node of graph.node) {
      for (const name of node.output) this.#producers.set(name, node);
      for (const name of usedNames(node)) {
        const known = this.#consumers.get(name);
        if (known === undefined) this.#consumers.set(name, [node]);
        else known.push(node);
      }
    }
  }

  producer(name: string | undefined): NodeProto | undefined {
    return name === undefined ? undefined : this.#producers.get(name);
  }

  /** The only node that uses the tensor, unless it is a graph output too. */
  onlyConsumer(name: string | undefined): NodeProto | undefined {
    if (name === undefined || this.#outputs.has(name)) return undefined;
    const consumers = this.#consumers.get(name);
    return consumers?.length === 1 ? consumers[0] : undefined;
  }

  weight(name: string | undefined): TensorProto | undefined {
    return name === undefined ? undefined : this.#weights.get(name);
  }

  /** The value of a float32 weight of one element. */
  scalar(name: string | undefined): number | undefined {
    const tensor = this.weight(name);
    return tensor === undefined ? undefined : floatScalar(tensor);
  }
}

/** Every tensor name that the node reads, once, the bodies of its sub-graphs included. */
export function usedNames(node: NodeProto): Set<string> {
  const names = new Set<string>();
  collect(node, names);
  names.delete('');
  return names;
}

function collect(node: NodeProto, names: Set<string>): void {
  for (const name of node.input) names.add(name);
  for (const { g, graphs } of node.attribute) {
    for (const body of g === undefined ? graphs : [g, ...graphs]) {
      for (const { name } of body.output) names.add(name);
      for (const inner of body.node) collect(inner, names);
    }
  }
}
