/**
 * NVIDIA's driver and cards as /proc and nvidia-smi tell them. nvidia-smi may know next to nothing (Orin), answer "[N/A]"
 * (Thor), take seconds, or be missing in a container; what it does not say stays unknown.
 */
import type { ProgramAnswer } from '../base/program-output.js';

export interface Card {
  name: string | undefined;
  driver: string | undefined;
  computeCapability: string | undefined;
}

/** Asked with these; the drivers before 510 do not know the last. */
export const CARD_QUERY = ['--query-gpu=name,driver_version,compute_cap', '--format=csv,noheader'];
export const OLD_CARD_QUERY = ['--query-gpu=name,driver_version', '--format=csv,noheader'];

/** Lines of CARD_QUERY or OLD_CARD_QUERY, one per card, in the order of CUDA's devices. */
export function parseCards(text: string): Card[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.includes(','))
    .slice(0, 64)
    .map((line) => {
      const cells = line.split(',').map((cell) => cell.trim());
      // Names may hold commas; versions do not.
      const last = cells.at(-1) ?? '';
      const capability = /^\d{1,2}\.\d$/.test(last) ? last : undefined;
      const plain = capability !== undefined || isMissing(last) ? cells.slice(0, -1) : cells;
      const driver = plain.at(-1) ?? '';
      const name = plain.slice(0, -1).join(', ');
      return {
        name: name === '' || isMissing(name) ? undefined : name,
        driver: isDriverVersion(driver) ? driver : undefined,
        computeCapability: capability,
      };
    })
    .filter(({ name, driver }) => name !== undefined || driver !== undefined);
}

/** "[N/A]", "[Not Supported]", "N/A". */
function isMissing(cell: string): boolean {
  return /^\[.*\]$|^N\/A$/i.test(cell);
}

/** /proc/driver/nvidia/version: "NVRM version: NVIDIA UNIX … Kernel Module for aarch64  580.00  Release Build …". */
export function parseNvrmVersion(text: string): string | undefined {
  const line = /^NVRM version:(.*)$/m.exec(text)?.[1] ?? '';
  return /\s(\d{2,4}\.\d{1,4}(?:\.\d{1,4})?)(?=\s|$)/.exec(line)?.[1];
}

/** /proc/driver/nvidia/gpus/<address>/information: "Model: \t\t NVIDIA H200". */
export function parseCardInformation(text: string): string | undefined {
  return /^Model:\s+(\S.*)$/m.exec(text)?.[1]?.trim();
}

export function isDriverVersion(text: string): boolean {
  return /^\d{2,4}(\.\d{1,4}){1,2}$/.test(text.trim());
}

/** Asks for the cards, and once more in the older form; undefined with a reason when there is no answer. */
export async function askForCards(
  ask: (args: readonly string[]) => Promise<ProgramAnswer>,
): Promise<{ cards: Card[]; reason: string }> {
  let reason = '';
  for (const query of [CARD_QUERY, OLD_CARD_QUERY]) {
    const answer = await ask(query);
    if (answer.ok) {
      const cards = parseCards(answer.stdout);
      if (cards.length > 0) return { cards, reason: '' };
      reason = 'names no card';
    } else {
      reason = answer.reason;
      // Only a status says that the question was not understood.
      if (!/status/.test(reason)) break;
    }
  }
  return { cards: [], reason };
}
