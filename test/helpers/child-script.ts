/** The environment that makes test/helpers/child.mjs play a script. */
type Act =
  | ['send', unknown]
  | ['echo', string]
  | ['stderr', string]
  | ['flood', number]
  | ['exit', number]
  | ['kill', NodeJS.Signals];

export const CHILD_MODULE = new URL('./child.mjs', import.meta.url);

/** What the child does at its start (`boot`) and upon each type of message. */
export function childEnv(script: Record<string, Act[]>): NodeJS.ProcessEnv {
  return { ...process.env, CHILD_SCRIPT: JSON.stringify(script) };
}
