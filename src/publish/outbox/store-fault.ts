/** Why the store cannot be used: damaged files are set aside, all else is waited for. Pure. */
import { DetectdError, messageOf, systemCode } from '../../base/errors.js';

export class StoreFault extends DetectdError {
  /** Another process has the store open. */
  readonly locked: boolean;

  constructor(folder: string, thrown: unknown) {
    const { corrupt, locked, reason } = kindOf(thrown);
    if (corrupt)
      super(
        'OUTBOX_CORRUPT',
        `The store of messages in ${folder} is damaged: ${reason}.`,
        'It is set aside as outbox.bad-*; look for faults of the disk when this repeats.',
        { cause: thrown },
      );
    else
      super(
        'OUTBOX_DISK',
        locked
          ? `The store of messages in ${folder} is used by another process.`
          : `The store of messages in ${folder} cannot be used: ${reason}.`,
        locked
          ? 'End the other detectd, or give this one a "paths.state" of its own.'
          : 'Free some space, and check that the disk can be written; messages are kept in memory until then.',
        { cause: thrown },
      );
    this.locked = locked;
  }
}

/** classic-level says little with codes and the rest in words; the system's reason is in the words of leveldb. */
function kindOf(thrown: unknown): { corrupt: boolean; locked: boolean; reason: string } {
  const inner = (thrown as { cause?: unknown } | null)?.cause ?? thrown;
  const code = systemCode(inner) ?? systemCode(thrown) ?? '';
  const reason = messageOf(inner)
    .replace(/^(IO error|Corruption|Invalid argument): /, '')
    .replace(/[.\s]+$/, '');
  // A table that is too short is mapped beyond its end, which is an invalid argument.
  const damaged =
    /Corruption|missing files|(MANIFEST-\d+|\.ldb|\.log): No such file|\.ldb: Invalid argument/i.test(
      messageOf(inner),
    );
  return {
    corrupt: code === 'LEVEL_CORRUPTION' || damaged,
    locked: code === 'LEVEL_LOCKED',
    reason: reason || code,
  };
}
