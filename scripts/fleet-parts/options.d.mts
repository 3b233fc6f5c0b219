/** Types of options.mjs, for its test. */
export function fleetOptions(args: string[]): Record<string, unknown>;
