// Icons: 16 px grid, 1.4 px stroke, currentColor. State marks: 12 px grid, each with an outline of its own,
// so that they read without colour.

import type { ComponentChildren } from "preact";
import type { NodeState } from "../api/types";
import { WORD } from "../format/states";

const ICONS = {
  nodes:
    "M3.5 2.75h9a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-2a1 1 0 0 1 1-1zM3.5 9.25h9a1 1 0 0 1 1 1v2a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-2a1 1 0 0 1 1-1zM5 4.75h.01M5 11.25h.01",
  board:
    "M2.75 3.25a.5.5 0 0 1 .5-.5h3.5v6h-4zM9.25 2.75h3.5a.5.5 0 0 1 .5.5v3h-4zM9.25 8.75h4v4a.5.5 0 0 1-.5.5h-3.5zM2.75 11.25h4v2h-3.5a.5.5 0 0 1-.5-.5z",
  explore: "M2.75 2.75v10.5h10.5M5.25 10.25l2.5-3.5 2 2 3.25-4.5",
  key: "M7.75 8a2.75 2.75 0 1 1-5.5 0 2.75 2.75 0 0 1 5.5 0zM7.75 8h5.75v2.25M11 8v1.75",
  room: "M2.75 13.5V6L8 2.5 13.25 6v7.5zM6.5 13.5V9.5h3v4",
  search: "M11.25 7a4.25 4.25 0 1 1-8.5 0 4.25 4.25 0 0 1 8.5 0zm-1 3.25 3.25 3.25",
  plus: "M8 3v10M3 8h10",
  undo: "M6 3 3 6l3 3M3.25 6H9.5a3.5 3.5 0 0 1 0 7H6.5",
  redo: "m10 3 3 3-3 3M12.75 6H6.5a3.5 3.5 0 0 0 0 7h3",
  plug: "M6 2.5v3M10 2.5v3M4 5.5h8v2.25a4 4 0 0 1-8 0zM8 11.75v2",
  down: "m4.5 6.5 3.5 3.5 3.5-3.5",
  right: "m6.5 4.5 3.5 3.5-3.5 3.5",
  left: "m9.5 4.5-3.5 3.5 3.5 3.5",
  sortUp: "M8 13V3M5 6l3-3 3 3",
  sortDown: "M8 3v10m-3-3 3 3 3-3",
  copy: "M7 5.5h5A1.5 1.5 0 0 1 13.5 7v5a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 12V7A1.5 1.5 0 0 1 7 5.5zM3.5 10.5h-1v-8h8v1",
  check: "m3 8.5 3.25 3.25L13 5",
  x: "m4 4 8 8M12 4l-8 8",
  clock: "M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0zM8 5v3.25l2 1.25",
  pause: "M5.75 3.5v9M10.25 3.5v9",
  play: "M5.25 3.5 12 8l-6.75 4.5z",
  link: "M6.75 9.25 9.25 6.75M7.5 4.75l1-1a2.65 2.65 0 0 1 3.75 3.75l-1 1M8.5 11.25l-1 1A2.65 2.65 0 0 1 3.75 8.5l1-1",
  terminal:
    "M3.5 3h9A1.5 1.5 0 0 1 14 4.5v7a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 11.5v-7A1.5 1.5 0 0 1 3.5 3zM4.75 6.25l2 1.75-2 1.75M8.5 10h2.75",
  layers: "m8 2.5 5.5 2.75L8 8 2.5 5.25zM2.5 8 8 10.75 13.5 8M2.5 10.75 8 13.5l5.5-2.75",
  wheel:
    "M12.25 8a4.25 4.25 0 1 1-8.5 0 4.25 4.25 0 0 1 8.5 0zM9.5 8a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0zM8 1.75v2M8 12.25v2M1.75 8h2M12.25 8h2M3.6 3.6 5 5M11 11l1.4 1.4M12.4 3.6 11 5M5 11l-1.4 1.4",
  list: "M5.5 4h8M5.5 8h8M5.5 12h8M2.75 4h.01M2.75 8h.01M2.75 12h.01",
  file: "M4.25 2h5L12.5 5.25V13a1 1 0 0 1-1 1h-7.25a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zM9 2.25V5.5h3.25M5.75 8.25h4.5M5.75 11h4.5",
  pulse: "M1.75 8h3l1.75-4.5 3 9L11.25 8h3",
  hand: "M5.25 8.5V4.25a1 1 0 0 1 2 0V7.5m0-.5V3a1 1 0 0 1 2 0v4.5m0-3.75a1 1 0 0 1 2 0V9.5c0 2.6-1.5 4.25-3.75 4.25-1.9 0-2.75-.9-3.75-2.5L2.9 9.6a1 1 0 0 1 1.6-1.2l.75.9",
  fork: "M5.75 3.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0zM13.25 3.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0zM9.5 12.5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0zM4.25 5v1.25c0 1.1.65 1.75 1.75 1.75h4c1.1 0 1.75-.65 1.75-1.75V5M8 8v3",
  tag: "M2.75 3.75v4L8.5 13.5a1 1 0 0 0 1.4 0l3.6-3.6a1 1 0 0 0 0-1.4L7.75 2.75h-4a1 1 0 0 0-1 1zM5.5 5.5h.01",
  save: "M8 2.5v7.25M5 7l3 3 3-3M3 12.75h10",
  box: "M8 2.25 13.25 5v6L8 13.75 2.75 11V5zM2.75 5 8 7.75 13.25 5M8 7.75v6",
  shield: "M8 2 13 3.75V8c0 3-2.2 5-5 6-2.8-1-5-3-5-6V3.75z",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z",
  sun: "M10.75 8a2.75 2.75 0 1 1-5.5 0 2.75 2.75 0 0 1 5.5 0zM8 1.75v1.5M8 12.75v1.5M1.75 8h1.5M12.75 8h1.5M3.6 3.6l1 1M11.4 11.4l1 1M12.4 3.6l-1 1M4.6 11.4l-1 1",
  screen:
    "M3.25 3h9.5a1 1 0 0 1 1 1v6.5a1 1 0 0 1-1 1h-9.5a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM6 13.75h4M8 11.5v2.25",
  table: "M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6.2 3v10",
  cut: "M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0zM4.25 4.25l7.5 7.5",
  bin: "M3 4.5h10M6.25 4.5v-2h3.5v2M4.25 4.5l.6 9h6.3l.6-9M6.75 7v4M9.25 7v4",
  pen: "m3 13 .75-3L10.5 3.25l2.25 2.25L6 12.25z",
  keyboard:
    "M3 4.5h10A1.5 1.5 0 0 1 14.5 6v4a1.5 1.5 0 0 1-1.5 1.5H3A1.5 1.5 0 0 1 1.5 10V6A1.5 1.5 0 0 1 3 4.5zM4.25 7h.01M6.75 7h.01M9.25 7h.01M11.75 7h.01M5.5 9.25h5",
  person:
    "M10.5 5.25a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM3.25 13.5c0-2.6 2-4.25 4.75-4.25s4.75 1.65 4.75 4.25",
  help: "M13.5 8a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0zM6.4 6.5a1.6 1.6 0 1 1 2.3 1.45c-.5.25-.7.55-.7 1.05M8 11h.01",
  space: "M2.75 6.25 8 3.25l5.25 3L8 9.25zM2.75 9.75 8 12.75l5.25-3",
  updown: "m5.25 6.25 2.75-2.75 2.75 2.75M5.25 9.75 8 12.5l2.75-2.75",
  people:
    "M8 5.5a2.25 2.25 0 1 1-4.5 0 2.25 2.25 0 0 1 4.5 0zM1.75 13c0-2.3 1.7-3.75 4-3.75s4 1.45 4 3.75M10.25 3.4a2.25 2.25 0 0 1 0 4.2M11.5 9.5c1.7.4 2.75 1.7 2.75 3.5",
  log: "M4 2.5h8a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1zM5.5 5.75h5M5.5 8h5M5.5 10.25h3",
  finger:
    "M4.5 12.5c.7-1.2 1-2.6 1-4.25a2.5 2.5 0 0 1 5 0c0 .9-.05 1.75-.2 2.55M8 8.25c0 2-.35 3.75-1.1 5.25M9.9 13c.15-.35.3-.7.4-1.1M2.9 10.25c.25-.6.35-1.25.35-2a4.75 4.75 0 0 1 8.1-3.35M12.6 7c.1.4.15.8.15 1.25 0 .75-.03 1.4-.1 2",
  leave: "M9.5 2.75H3.25v10.5H9.5M6.75 8h7M11.25 5.5 13.75 8l-2.5 2.5",
} as const;

export type IconName = keyof typeof ICONS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="i" viewBox="0 0 16 16" aria-hidden="true">
      <path d={ICONS[name]} />
    </svg>
  );
}

export type MarkName = NodeState | "clone" | "ok" | "warn" | "crit" | "unknown";

const MARKS: Record<MarkName, () => ComponentChildren> = {
  live: () => <circle cx="6" cy="6" r="4" class="full" />,
  stale: () => [<circle cx="6" cy="6" r="4" />, <path d="M6 2a4 4 0 0 0 0 8z" class="full" />],
  offline: () => [<circle cx="6" cy="6" r="4" />, <path d="m4.3 4.3 3.4 3.4M7.7 4.3 4.3 7.7" />],
  pending: () => [<circle cx="6" cy="6" r="4" />, <path d="M6 3.8V6l1.5 1" />],
  revoked: () => [<circle cx="6" cy="6" r="4" />, <path d="m3.2 3.2 5.6 5.6" />],
  clone: () => [<circle cx="4.25" cy="6" r="3" />, <circle cx="7.75" cy="6" r="3" />],
  ok: () => <path d="m2.25 6.4 2.4 2.4 5.1-5.4" />,
  warn: () => [<path d="M6 1.6 11 10.4H1z" class="full" />, <path d="M6 4.8v2.4M6 8.9v.05" class="cutout" />],
  crit: () => [
    <path d="M6 .8 11.2 6 6 11.2.8 6z" class="full" />,
    <path d="M6 3.6v2.9M6 8.3v.05" class="cutout" />,
  ],
  unknown: () => [<path d="M2.25 2.25h7.5v7.5h-7.5z" />, <path d="M6 6v.05" class="dot" />],
};

export function Mark({ name }: { name: MarkName }) {
  return (
    <svg class={`m m-${name}`} viewBox="0 0 12 12" aria-hidden="true">
      {MARKS[name]()}
    </svg>
  );
}

interface BadgeProps {
  name: MarkName;
  solid?: boolean;
  children?: ComponentChildren;
}

/** Mark and word; a tinted pill only in heads. */
export function Badge({ name, solid = false, children }: BadgeProps) {
  const word = children ?? (name in WORD ? WORD[name as NodeState] : name.toUpperCase());
  return (
    <span class={`badge b-${name}${solid ? " solid" : ""}`}>
      <Mark name={name} />
      {word}
    </span>
  );
}

/** Five strokes in a row, one of them answering: the roll call. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 20 20" aria-hidden="true">
      <path d="M2.5 6v8M6.25 6v8M13.75 6v8M17.5 6v8" />
      <path class="lamp" d="M10 2.5v15" />
    </svg>
  );
}
