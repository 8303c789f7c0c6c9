// A field for a query: coloured, with completion at the cursor. The field is a plain textarea; colours lie behind it.

import { useSignal } from "@preact/signals";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { type Completion, completed } from "../state/completing";
import type { Dialect } from "../state/dialects";

interface QueryEditorProps {
  label: string;
  value: string;
  rows?: number;
  dialect: Dialect;
  onValue: (value: string) => void;
  onRun?: () => void; // Ctrl Enter
}

export function QueryEditor({ label, value, rows = 4, dialect, onValue, onRun }: QueryEditorProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const moved = useSignal(-1); // which of the list one has moved to
  const caret = useRef<number | null>(null);
  const asked = useSignal(-1); // where the cursor stood when a list was wanted
  const id = useId();
  const place = asked.value >= 0 ? dialect.completions(value, asked.value) : null;
  const list = place?.list ?? [];
  const at = Math.min(moved.value, list.length - 1);
  useLayoutEffect(() => {
    if (caret.current === null) return;
    field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });
  const close = () => {
    asked.value = -1;
    moved.value = -1;
  };
  const want = (position: number) => {
    asked.value = position;
    moved.value = -1;
  };
  const take = (pick: Completion) => {
    if (!place) return;
    const next = completed(value, place, pick);
    caret.current = next.caret;
    onValue(next.text);
    want(next.caret);
    field.current?.focus();
  };
  const press = (event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      close();
      onRun?.();
    } else if (event.ctrlKey && event.key === " ") want(event.currentTarget.selectionStart);
    else if (!list.length || !steer(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  /** Keys of the open list: Tab takes its first, Enter only what one has moved to. */
  const steer = (event: KeyboardEvent): boolean => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const picked = { Tab: Math.max(0, at), Enter: at }[event.key] ?? -1;
    const pick = list[picked];
    if (move) moved.value = (Math.max(at, move < 0 ? 0 : -1) + move + list.length) % list.length;
    else if (event.key === "Escape") close();
    else if (pick) take(pick);
    else return false;
    return true;
  };
  return (
    <div class="query-editor">
      <Colours pieces={dialect.coloured(value)} />
      <textarea
        ref={field}
        class="mono"
        rows={rows}
        maxLength={16_384}
        aria-label={label}
        aria-controls={list.length ? `${id}-list` : undefined}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={value}
        onInput={(event) => {
          onValue(event.currentTarget.value);
          want(event.currentTarget.selectionStart);
        }}
        onKeyDown={press}
        onBlur={() => setTimeout(close, BLUR_MS)}
        onClick={close}
        onScroll={(event) => {
          const behind = event.currentTarget.previousElementSibling;
          if (behind) behind.scrollTop = event.currentTarget.scrollTop;
        }}
      />
      {list.length > 0 && <List id={id} list={list} at={at} onPick={take} />}
    </div>
  );
}

const BLUR_MS = 150; // a press on the list takes the focus first

/** Lies exactly behind the field, whose own text is transparent. */
const Colours = ({ pieces }: { pieces: ReturnType<Dialect["coloured"]> }) => (
  <pre class="mono" aria-hidden="true">
    {pieces.map((piece, at) =>
      piece.kind === "rest" ? (
        piece.text
      ) : (
        <span key={at} class={`t-${piece.kind}`}>
          {piece.text}
        </span>
      ),
    )}
    {"\n"}
  </pre>
);

interface ListProps {
  id: string;
  list: Completion[];
  at: number;
  onPick: (pick: Completion) => void;
}

function List({ id, list, at, onPick }: ListProps) {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    host.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  });
  return (
    <div
      ref={host}
      id={`${id}-list`}
      class="completions"
      role="listbox"
      aria-label="Completions"
      tabIndex={-1}
    >
      {list.map((each, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the field above.
        <div
          key={`${each.kind} ${each.label}`}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === at}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onPick(each)}
        >
          <span>{each.label}</span>
          <small>{each.kind}</small>
        </div>
      ))}
    </div>
  );
}
