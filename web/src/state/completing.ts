// What is offered at a cursor, whatever the language: which fit, best first, and the text with one of them in it.

export interface Completion {
  text: string; // what is written
  label: string;
  kind: "keyword" | "function" | "measurement" | "field" | "tag" | "value" | "database" | "metric" | "label";
  tight?: true; // no space follows
}

const MOST = 50;

/** What fits, best first: those that begin with what is written, then those that hold it. */
export function fitting(offers: Completion[], prefix: string): Completion[] {
  const wanted = prefix.toLowerCase();
  const rank = ({ label }: Completion) => {
    const at = label.toLowerCase().indexOf(wanted);
    return at < 0 ? -1 : Math.min(at, 1);
  };
  const best = offers.filter((each) => rank(each) === 0);
  const rest = offers.filter((each) => rank(each) === 1);
  const found = [...best, ...rest].slice(0, MOST);
  // What is written in full already needs no list.
  return found.length === 1 && found[0]?.label.toLowerCase() === wanted ? [] : found;
}

/** The text with a completion in it, and where the cursor stands then. */
export function completed(
  text: string,
  place: { from: number; to: number },
  pick: Completion,
): { text: string; caret: number } {
  const loose = /[\w)'"]$/.test(pick.text) && pick.kind !== "function" && !pick.tight;
  const spaced = loose && !/^\s/.test(text.slice(place.to));
  const put = pick.text + (spaced ? " " : "");
  return { text: text.slice(0, place.from) + put + text.slice(place.to), caret: place.from + put.length };
}
