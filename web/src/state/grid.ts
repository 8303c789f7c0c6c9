// Where panels lie: a grid of 24 columns, moved and resized without overlaps. Pure: rectangles in, rectangles out.

export const COLUMNS = 24;
export const MOST_ROWS = 1_000;

export interface Box {
  id: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

const clamp = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

/** A rectangle that lies on the grid. */
export function fitted<B extends Box>(box: B): B {
  const w = clamp(Math.round(box.w), 1, COLUMNS);
  const h = clamp(Math.round(box.h), 1, 100);
  return {
    ...box,
    w,
    h,
    x: clamp(Math.round(box.x), 0, COLUMNS - w),
    y: clamp(Math.round(box.y), 0, MOST_ROWS),
  };
}

export const overlap = (a: Box, b: Box): boolean =>
  a.id !== b.id && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

const inOrder = <B extends Box>(boxes: readonly B[]): B[] =>
  [...boxes].sort((a, b) => a.y - b.y || a.x - b.x);

const middle = (box: Box): number => box.y + box.h / 2;

/** The box at its new place: what lies higher stays before it, the rest after it, and all go up as far as they can. */
export function placed<B extends Box>(boxes: readonly B[], moved: B): B[] {
  const fixed = fitted(moved);
  const others = inOrder(boxes.filter((each) => each.id !== fixed.id));
  const before = others.filter((each) => middle(each) < middle(fixed));
  const after = others.filter((each) => middle(each) >= middle(fixed));
  return inOrderOf(boxes, stacked([...before, fixed, ...after]));
}

/** Every box as far up as it can go, in the order in which they are read. */
export const compacted = <B extends Box>(boxes: readonly B[]): B[] =>
  inOrderOf(boxes, stacked(inOrder(boxes)));

/** One after another onto what is there already. */
function stacked<B extends Box>(order: readonly B[]): B[] {
  const done: B[] = [];
  for (const each of order) {
    const box = fitted(each);
    const under = done.filter((other) => other.x < box.x + box.w && box.x < other.x + other.w);
    done.push({ ...box, y: Math.max(0, ...under.map((other) => other.y + other.h)) });
  }
  return done;
}

const inOrderOf = <B extends Box>(boxes: readonly B[], moved: readonly B[]): B[] =>
  boxes.map((box) => moved.find((each) => each.id === box.id) ?? box);

/** The smallest move in a direction that changes anything: what one press of a key does. */
export function stepped<B extends Box>(boxes: readonly B[], box: B, dx: number, dy: number): B[] {
  const deepest = Math.max(0, ...boxes.map((each) => each.y + each.h));
  for (let step = 1; step <= Math.max(1, dy ? deepest : 1); step += 1) {
    const next = placed(boxes, { ...box, x: box.x + dx * step, y: box.y + dy * step });
    if (next.some((each, index) => each.x !== boxes[index]?.x || each.y !== boxes[index]?.y)) return next;
  }
  return [...boxes];
}

/** Room for another one: right of the last row, where it fits, or below everything. */
export function freePlace(boxes: readonly Box[], w: number, h: number): { x: number; y: number } {
  const bottom = boxes.reduce((lowest, box) => Math.max(lowest, box.y + box.h), 0);
  const last = inOrder(boxes).at(-1);
  if (last && last.x + last.w + w <= COLUMNS) {
    const beside = { id: "", x: last.x + last.w, y: last.y, w, h };
    if (!boxes.some((box) => overlap(box, beside))) return { x: beside.x, y: beside.y };
  }
  return { x: 0, y: bottom };
}

/** Reading order: what is one column on a phone. */
export const readingOrder = <B extends Box>(boxes: readonly B[]): B[] => inOrder(boxes);
