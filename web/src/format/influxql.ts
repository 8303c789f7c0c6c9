// InfluxQL as far as an editor needs it: words of a text with their places, quoting, and the words of the language.

export interface Word {
  kind: "word" | "name" | "string" | "number" | "regex" | "sign";
  text: string; // without quotes; keywords as they were written
  from: number;
  to: number;
  open: boolean; // its closing quote is missing
}

const PATTERN =
  /(?<name>"(?:[^"\\\n]|\\.)*"?)|(?<string>'(?:[^'\\\n]|\\.)*'?)|(?<number>\d[\w.]*)|(?<word>[A-Za-z_$][\w$]*)|(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|(?<sign>=~|!~|!=|<>|<=|>=|::|[^\s])/g;

/** A slash begins a regex after these; else it divides. */
const BEFORE_REGEX = new Set(["=~", "!~", "from", "into", "(", ","]);

export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  PATTERN.lastIndex = 0;
  for (let match = PATTERN.exec(text); match; match = PATTERN.exec(text)) {
    const from = match.index;
    const before = words.at(-1)?.text.toLowerCase() ?? "";
    if (match.groups?.sign === "/" && BEFORE_REGEX.has(before)) {
      const to = regexEnd(text, from);
      words.push({ kind: "regex", text: text.slice(from, to), from, to, open: text[to - 1] !== "/" });
      PATTERN.lastIndex = to;
    } else {
      const word = wordOf(match);
      if (word) words.push({ ...word, from, to: PATTERN.lastIndex });
    }
  }
  return words;
}

function wordOf({ groups = {} }: RegExpExecArray): Pick<Word, "kind" | "text" | "open"> | null {
  const { name, string, number, word, sign } = groups;
  if (name !== undefined) return { kind: "name", ...unquoted(name, '"') };
  if (string !== undefined) return { kind: "string", ...unquoted(string, "'") };
  if (number !== undefined) return { kind: "number", text: number, open: false };
  if (word !== undefined) return { kind: "word", text: word, open: false };
  return sign === undefined ? null : { kind: "sign", text: sign, open: false }; // a comment is no word
}

function regexEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === "/") return at + 1;
    else if (text[at] === "\n") return at;
  }
  return text.length;
}

function unquoted(text: string, quote: string): { text: string; open: boolean } {
  const open = text.length < 2 || !text.endsWith(quote);
  const inside = text.slice(1, open ? undefined : -1);
  return { text: inside.replace(/\\(.)/g, "$1"), open };
}

/** A name in double quotes, wherever one is needed or not. */
export const quotedName = (name: string): string =>
  `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

export const quotedString = (text: string): string =>
  `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;

export const STATEMENTS = [
  "SELECT",
  "SHOW DATABASES",
  "SHOW MEASUREMENTS",
  "SHOW FIELD KEYS FROM",
  "SHOW TAG KEYS FROM",
  "SHOW TAG VALUES FROM",
  "SHOW SERIES",
  "SHOW RETENTION POLICIES",
  "EXPLAIN SELECT",
];

export const FUNCTIONS =
  "mean median mode spread stddev sum count distinct integral first last max min percentile sample top bottom derivative non_negative_derivative difference non_negative_difference cumulative_sum moving_average elapsed abs ceil floor round sqrt pow log2 log10 ln exp histogram holt_winters".split(
    " ",
  );

const KEYWORDS = new Set(
  "select from where and or group by order limit offset slimit soffset fill tz as into show databases measurements measurement field tag keys values key series retention policies policy with in on distinct explain analyze true false desc asc now time cardinality exact".split(
    " ",
  ),
);

export const isKeyword = (text: string): boolean => KEYWORDS.has(text.toLowerCase());

/** Pieces of a text for colouring, in order and without holes. */
export function coloured(
  text: string,
): { kind: Word["kind"] | "keyword" | "function" | "rest"; text: string }[] {
  const pieces: ReturnType<typeof coloured> = [];
  let at = 0;
  for (const word of wordsOf(text)) {
    if (word.from > at) pieces.push({ kind: "rest", text: text.slice(at, word.from) });
    pieces.push({ kind: kindOf(word, text), text: text.slice(word.from, word.to) });
    at = word.to;
  }
  if (at < text.length) pieces.push({ kind: "rest", text: text.slice(at) });
  return pieces;
}

function kindOf(word: Word, text: string): Word["kind"] | "keyword" | "function" {
  if (word.kind !== "word") return word.kind;
  if (text[word.to] === "(" && FUNCTIONS.includes(word.text.toLowerCase())) return "function";
  return isKeyword(word.text) ? "keyword" : "word";
}
