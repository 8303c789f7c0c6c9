// Command lines as text: each word quoted where a shell would read more into it.

const PLAIN = /^[\w@%+=:,./-]+$/;

/** One argument as a shell reads it. */
export const quoted = (text: string): string =>
  PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** A whole line of words; empty lists and undefined ones leave nothing behind. */
export const commandLine = (...words: (string | readonly string[] | undefined)[]): string =>
  words
    .flat()
    .filter((word): word is string => word !== undefined)
    .map(quoted)
    .join(" ");

/** An option said once per value: --host a --host b. */
export const repeated = (option: string, values: readonly string[]): string[] =>
  values.flatMap((value) => [option, value]);
