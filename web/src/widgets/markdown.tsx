// Markdown on the screen: elements made from data, never from HTML.

import { useMemo } from "preact/hooks";
import { type Block, type Inline, parseMarkdown } from "../format/markdown";

export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <div class="prose">{blocks.map(blockOf)}</div>;
}

function blockOf(block: Block) {
  switch (block.kind) {
    case "heading":
      return headingOf(block.level, block.spans);
    case "text":
      return <p>{block.spans.map(spanOf)}</p>;
    case "code":
      return <pre>{block.text}</pre>;
    case "list": {
      const items = block.items.map((item) => <li>{item.map(spanOf)}</li>);
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
  }
}

/** A panel's own headings stand below those of the page. */
function headingOf(level: 1 | 2 | 3, spans: Inline[]) {
  const inside = spans.map(spanOf);
  if (level === 1) return <h3 class="big">{inside}</h3>;
  return level === 2 ? <h3>{inside}</h3> : <h4>{inside}</h4>;
}

function spanOf(span: Inline) {
  switch (span.kind) {
    case "text":
      return span.text;
    case "code":
      return <code>{span.text}</code>;
    case "strong":
      return <b>{span.text}</b>;
    case "em":
      return <em>{span.text}</em>;
    case "link":
      return span.href.startsWith("/") || span.href.startsWith("#") ? (
        <a href={span.href}>{span.text}</a>
      ) : (
        <a href={span.href} target="_blank" rel="noopener noreferrer">
          {span.text}
        </a>
      );
  }
}
