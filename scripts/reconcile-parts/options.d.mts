/** Types of options.mjs, for its test. */
export function reconcileOptions(args: string[]): Record<string, unknown>;
