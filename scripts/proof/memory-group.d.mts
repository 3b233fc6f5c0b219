/** Types of memory-group.mjs, for its tests. */
export function noMemoryGroup(): string | false;
