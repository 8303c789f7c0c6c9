// Patterns of overrides and mappings. They are tested against short texts alone; one that can't be read fits nothing.

const READY = new Map<string, RegExp | null>();
const FREE = "(?i)"; // ignores case, as the hub writes it

export function patternOf(written: string): RegExp | null {
  if (!READY.has(written)) READY.set(written, made(written));
  return READY.get(written) ?? null;
}

function made(written: string): RegExp | null {
  const free = written.startsWith(FREE);
  try {
    return new RegExp(free ? written.slice(FREE.length) : written, free ? "i" : "");
  } catch {
    return null; // the hub's regular expressions know words that ours do not
  }
}
