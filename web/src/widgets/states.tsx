// What a page shows instead of its content, or above it: empty, error, loading. Nothing spins without words.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Badge } from "./icon";

interface EmptyProps {
  title: string;
  text: ComponentChildren;
  children?: ComponentChildren;
}

export const Empty = ({ title, text, children }: EmptyProps) => (
  <div class="empty">
    <p>
      <b>{title}</b>
      {text}
    </p>
    {children && <div class="chips">{children}</div>}
  </div>
);

interface ErrorNoteProps {
  title: string;
  text: string;
  onRetry?: () => void;
}

export const ErrorNote = ({ title, text, onRetry }: ErrorNoteProps) => (
  <div class="card error" role="alert">
    <Badge name="crit">{title}</Badge>
    <p class="soft">{text}</p>
    {onRetry && (
      <div class="chips">
        <button type="button" class="btn" onClick={onRetry}>
          Try again
        </button>
      </div>
    )}
  </div>
);

const SKELETON_MS = 150;
const WORDS_MS = 2_000;

/** Seconds of waiting, as the two steps that a skeleton and its words need. */
export function useWaiting(): { skeleton: boolean; words: boolean; seconds: number } {
  const [ms, setMs] = useState(0);
  useEffect(() => {
    const start = performance.now();
    const first = setTimeout(() => setMs(SKELETON_MS), SKELETON_MS);
    const timer = setInterval(() => setMs(performance.now() - start), 1000);
    return () => {
      clearTimeout(first);
      clearInterval(timer);
    };
  }, []);
  return { skeleton: ms >= SKELETON_MS, words: ms >= WORDS_MS, seconds: Math.floor(ms / 1000) };
}

const ROWS = [
  [70, 46, 80, 60],
  [60, 62, 55, 74],
  [72, 38, 90, 52],
  [64, 56, 68, 66],
  [70, 44, 76, 58],
];

/** Rows of a table that is still being read: final size, no shimmer. */
export function Skeleton({ what }: { what: string }) {
  const { skeleton, words, seconds } = useWaiting();
  if (!skeleton) return null;
  return (
    <div class="tablewrap" aria-busy="true">
      <table class="skel" aria-hidden="true">
        <tbody>
          {ROWS.map((row) => (
            <tr>
              {row.map((width) => (
                <td>
                  <i style={{ "--v": width }} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <div class="tfoot">
        <span role="status">{words ? `Reading ${what}, ${seconds} s so far` : `Reading ${what}`}</span>
      </div>
    </div>
  );
}
