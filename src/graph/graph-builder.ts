/**
 * Adds nodes and small constants to a graph under names that it does not use yet. What is added is put in
 * front of the graph's own nodes, where pre-processing belongs.
 */
import { create } from '@bufbuild/protobuf';
import { type GraphProto, type NodeProto, NodeProtoSchema, type TensorProto_DataType } from 'onnx-buf';
import { usedNames } from './graph-index.js';
import { type AttributeValue, attribute, floatTensor, int64Tensor, valueInfo } from './tensors.js';

export class GraphBuilder {
  readonly #graph: GraphProto;
  readonly #names: Set<string>;
  readonly #nodes: NodeProto[] = [];

  constructor(graph: GraphProto) {
    this.#graph = graph;
    this.#names = new Set([...graph.input, ...graph.output, ...graph.initializer].map(({ name }) => name));
    for (const node of graph.node) {
      for (const name of usedNames(node)) this.#names.add(name);
      for (const name of node.output) this.#names.add(name);
    }
  }

  /** Adds a node with one output and returns the output's name. */
  node(opType: string, input: string[], attributes: Record<string, AttributeValue> = {}): string {
    const output = this.#name(opType.toLowerCase());
    this.#nodes.push(
      create(NodeProtoSchema, {
        opType,
        name: output,
        input,
        output: [output],
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      }),
    );
    return output;
  }

  floats(values: number[], dims: number[] = [values.length]): string {
    const name = this.#name('floats');
    this.#graph.initializer.push(floatTensor(name, dims, values));
    return name;
  }

  ints(values: number[]): string {
    const name = this.#name('ints');
    this.#graph.initializer.push(int64Tensor(name, [values.length], values));
    return name;
  }

  /** Adds a graph input; a dimension given as text is symbolic. Returns its name. */
  input(wanted: string, type: TensorProto_DataType, dims: (number | string)[]): string {
    const name = this.#names.has(wanted) ? this.#name(wanted) : wanted;
    this.#names.add(name);
    this.#graph.input.push(valueInfo(name, type, dims));
    return name;
  }

  /** Puts the new nodes into the graph, the last one's output taking the place of the graph input `name`. */
  replaceInput(name: string): void {
    const last = this.#nodes.at(-1);
    if (last !== undefined) last.output = [name];
    this.#graph.input = this.#graph.input.filter((input) => input.name !== name);
    this.#graph.node = [...this.#nodes, ...this.#graph.node];
  }

  #name(hint: string): string {
    let serial = 0;
    let name = `detectd_${hint}`;
    while (this.#names.has(name)) {
      serial += 1;
      name = `detectd_${hint}_${serial}`;
    }
    this.#names.add(name);
    return name;
  }
}
