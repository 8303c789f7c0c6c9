// A small Markdown for text panels: headings, paragraphs, lists, code, emphasis, links. It becomes data, never HTML, so that
// nothing written in a panel can be more than text; a link leads only to a path of ours or to http(s).

export type Inline =
  | { kind: "text" | "code" | "strong" | "em"; text: string }
  | { kind: "link"; text: string; href: string };

export type Block =
  | { kind: "heading"; level: 1 | 2 | 3; spans: Inline[] }
  | { kind: "text"; spans: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "list"; ordered: boolean; items: Inline[][] };

const MOST_CHARACTERS = 20_000;
const HEADING = /^(#{1,3})\s+(.*)$/;
const ITEM = /^\s{0,3}(?:[-*+]|(\d{1,3})[.)])\s+(.*)$/;
const FENCE = /^```/;

export function parseMarkdown(source: string): Block[] {
  const lines = source.slice(0, MOST_CHARACTERS).replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = blockAt(lines, at);
    if (block) blocks.push(block);
    at = next;
  }
  return blocks;
}

function blockAt(lines: string[], at: number): [Block | null, number] {
  const line = lines[at] ?? "";
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return codeAt(lines, at);
  const heading = HEADING.exec(line);
  if (heading) {
    const level = (heading[1] ?? "#").length as 1 | 2 | 3;
    return [{ kind: "heading", level, spans: inlines(heading[2] ?? "") }, at + 1];
  }
  return ITEM.test(line) ? listAt(lines, at) : textAt(lines, at);
}

/** Up to the closing fence, or to the end when it was forgotten. */
function codeAt(lines: string[], at: number): [Block, number] {
  let end = at + 1;
  while (end < lines.length && !FENCE.test(lines[end] ?? "")) end += 1;
  return [{ kind: "code", text: lines.slice(at + 1, end).join("\n") }, end + 1];
}

function listAt(lines: string[], at: number): [Block, number] {
  const items: Inline[][] = [];
  const ordered = Boolean(ITEM.exec(lines[at] ?? "")?.[1]);
  let end = at;
  for (; end < lines.length; end += 1) {
    const item = ITEM.exec(lines[end] ?? "");
    if (!item) break;
    items.push(inlines(item[2] ?? ""));
  }
  return [{ kind: "list", ordered, items }, end];
}

function textAt(lines: string[], at: number): [Block, number] {
  let end = at + 1;
  const ends = (line: string) => !line.trim() || FENCE.test(line) || HEADING.test(line) || ITEM.test(line);
  while (end < lines.length && !ends(lines[end] ?? "")) end += 1;
  const text = lines.slice(at, end).map((line) => line.trim());
  return [{ kind: "text", spans: inlines(text.join(" ")) }, end];
}

// Each part is bounded and excludes its own end, so that no text makes the search go back.
const INLINE =
  /`([^`]{1,400})`|\*\*([^*]{1,400})\*\*|\*([^*\s][^*]{0,400})\*|\[([^[\]]{1,400})\]\(([^()\s]{1,1000})\)/g;

export function inlines(text: string): Inline[] {
  const spans: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) spans.push({ kind: "text", text: text.slice(from, match.index) });
    spans.push(spanOf(match));
    from = match.index + match[0].length;
  }
  if (from < text.length) spans.push({ kind: "text", text: text.slice(from) });
  return spans;
}

function spanOf([whole, code, strong, em, label, target]: RegExpMatchArray): Inline {
  if (code !== undefined) return { kind: "code", text: code };
  if (strong !== undefined) return { kind: "strong", text: strong };
  if (em !== undefined) return { kind: "em", text: em };
  const href = safeTarget(target ?? "");
  return href ? { kind: "link", text: label ?? "", href } : { kind: "text", text: whole };
}

/** A path of ours, a place on this page, or a web address; "" for anything else (javascript:, data:, //elsewhere). */
export function safeTarget(target: string): string {
  if (/^(?:\/(?![/\\])|#)/.test(target)) return target;
  try {
    const { protocol } = new URL(target);
    return protocol === "https:" || protocol === "http:" ? target : "";
  } catch {
    return "";
  }
}
