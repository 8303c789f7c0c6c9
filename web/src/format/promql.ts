// PromQL as far as an editor needs it: words of a text with their places, quoting, and the words of the language.

export interface PromWord {
  kind: "word" | "string" | "number" | "sign";
  text: string; // of a string what is inside, as it is written
  from: number;
  to: number;
}

const PATTERN =
  /(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`[^`]*`?)|(?<number>\d[\w.]*)|(?<word>[A-Za-z_:$][\w:$]*)|(?<comment>#[^\n]*)|(?<sign>=~|!~|!=|==|<=|>=|[^\s])/g;

export function promWordsOf(text: string): PromWord[] {
  const words: PromWord[] = [];
  for (const match of text.matchAll(PATTERN)) {
    const { string, number, word, sign } = match.groups ?? {};
    const place = { from: match.index, to: match.index + match[0].length };
    if (string !== undefined) words.push({ kind: "string", text: inside(string), ...place });
    else if (number !== undefined) words.push({ kind: "number", text: number, ...place });
    else if (word !== undefined) words.push({ kind: "word", text: word, ...place });
    else if (sign !== undefined) words.push({ kind: "sign", text: sign, ...place });
  }
  return words;
}

const inside = (written: string): string =>
  written.length > 1 && written.endsWith(written[0] ?? "") ? written.slice(1, -1) : written.slice(1);

export const quotedLabel = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

export const AGGREGATORS =
  "sum avg min max count topk bottomk quantile stddev stdvar group count_values".split(" ");

export const PROM_FUNCTIONS =
  "rate irate increase delta idelta deriv avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time present_over_time quantile_over_time stddev_over_time changes resets predict_linear holt_winters histogram_quantile label_replace label_join absent absent_over_time abs ceil floor round clamp clamp_min clamp_max sqrt exp ln log2 log10 sort sort_desc scalar vector time timestamp minute hour day_of_week day_of_month month year".split(
    " ",
  );

/** What only variables of dashboards ask. */
export const LISTINGS = ["label_values", "label_names", "metrics", "query_result"];

/** Behind these stands a list of labels. */
export const GROUPINGS = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const SETS = ["and", "or", "unless"];
const KEYWORDS = new Set([...GROUPINGS, ...SETS, "offset", "bool", "atan2"]);
const CALLED = new Set([...AGGREGATORS, ...PROM_FUNCTIONS, ...LISTINGS]);

export const isPromKeyword = (text: string): boolean => KEYWORDS.has(text.toLowerCase());
export const isPromFunction = (text: string): boolean => CALLED.has(text);

/** Pieces of a text for colouring, in order and without holes. */
export function promColoured(
  text: string,
): { kind: "word" | "string" | "number" | "sign" | "keyword" | "function" | "rest"; text: string }[] {
  const pieces: ReturnType<typeof promColoured> = [];
  let at = 0;
  for (const word of promWordsOf(text)) {
    if (word.from > at) pieces.push({ kind: "rest", text: text.slice(at, word.from) });
    pieces.push({ kind: kindOf(word), text: text.slice(word.from, word.to) });
    at = word.to;
  }
  if (at < text.length) pieces.push({ kind: "rest", text: text.slice(at) });
  return pieces;
}

function kindOf({ kind, text }: PromWord): PromWord["kind"] | "keyword" | "function" {
  if (kind !== "word") return kind;
  return isPromKeyword(text) ? "keyword" : isPromFunction(text) ? "function" : "word";
}
