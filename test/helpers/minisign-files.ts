/** Files that Debian's minisign 0.11 made, of a key pair that signs nothing else. */

export const PUBLIC_KEY = 'RWRk62VtHsU5i/T3rYMg5lcy/ZrkQCHGAq3WJI75zYML6cJElWBqdo/s';
export const KEY_ID = '8B39C51E6D65EB64';
export const PUBLIC_KEY_FILE = `untrusted comment: minisign public key ${KEY_ID}\n${PUBLIC_KEY}\n`;

/** minisign -G -W */
export const SECRET_KEY_FILE = `untrusted comment: minisign encrypted secret key
RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAZOtlbR7FOYsTfrr6n9hE2b07znnqvceOFZ52KQIBubtMyW9wVxm56/T3rYMg5lcy/ZrkQCHGAq3WJI75zYML6cJElWBqdo/sAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
`;

export const CONTENT = 'hello\n';

/** minisign -S -t 'x=1' */
export const SIGNATURE = `untrusted comment: signature from minisign secret key
RURk62VtHsU5i7GC09G7n94RPysNph5J+UjHrjYo3rKy40Mq5hR1M73bYfBgdjNUKmq2Zari3hiyGK7htTKO/SAIW3etMvIYEwU=
trusted comment: x=1
Ljr1xfwr9JZfAdQtGH6n7Jj2qQ+wxf96qXeivFbjEaRbfsO/DfB3vj2721gEvSFWEkT0b5s4/fliX2REE6o+AQ==
`;

/** minisign -S -l */
export const LEGACY_SIGNATURE = `untrusted comment: signature from minisign secret key
RWRk62VtHsU5iyVdyEhcwP+wr+CLYEzFopK0DYq9PNymrij2zJJCYcgOpZXkgYnt0jenHAUaHVO2mmTwS7si06joCLLNE6PjWAw=
trusted comment: timestamp:1795410349\tfile:f
LRmepR4ORY2YvngYL7mXlJM/Iv6xHWhCE4CFhHOjY73G/Pxu875/JbpEX1a/CzfiOxLgASD2Wt3C6Ji9MoYWDA==
`;
