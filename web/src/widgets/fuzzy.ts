// Fuzzy search: every letter in order, whole words and beginnings first. Pure.

export interface Part {
  text: string;
  hit: boolean;
}

export interface Hit<T> {
  entry: T;
  parts: Part[];
}

/** Entries that hold the text, best first; equal ones keep their order. */
export function ranked<T>(text: string, entries: T[], nameOf: (entry: T) => string): Hit<T>[] {
  const wanted = text.trim().toLowerCase();
  if (!wanted) return entries.map((entry) => ({ entry, parts: [{ text: nameOf(entry), hit: false }] }));
  const found: { hit: Hit<T>; score: number }[] = [];
  for (const entry of entries) {
    const name = nameOf(entry);
    const at = positions(name.toLowerCase(), wanted);
    if (at) found.push({ hit: { entry, parts: partsOf(name, at) }, score: scoreOf(name.toLowerCase(), at) });
  }
  return found.sort((a, b) => b.score - a.score).map(({ hit }) => hit);
}

function positions(name: string, wanted: string): number[] | null {
  const whole = name.indexOf(wanted);
  if (whole >= 0) return [...wanted].map((_, index) => whole + index);
  const at: number[] = [];
  let from = 0;
  for (const letter of wanted.replaceAll(" ", "")) {
    const next = name.indexOf(letter, from);
    if (next < 0) return null;
    at.push(next);
    from = next + 1;
  }
  return at;
}

function scoreOf(name: string, at: number[]): number {
  const first = at[0] ?? 0;
  const joined = at.filter((position, index) => index > 0 && position === (at[index - 1] ?? 0) + 1).length;
  const atWord = first === 0 || /[^a-z0-9]/.test(name[first - 1] ?? "");
  return joined * 4 + (atWord ? 6 : 0) + (first === 0 ? 4 : 0) - name.length * 0.05;
}

function partsOf(name: string, at: number[]): Part[] {
  const hits = new Set(at);
  const parts: Part[] = [];
  [...name].forEach((letter, index) => {
    const last = parts[parts.length - 1];
    if (last && last.hit === hits.has(index)) last.text += letter;
    else parts.push({ text: letter, hit: hits.has(index) });
  });
  return parts;
}
