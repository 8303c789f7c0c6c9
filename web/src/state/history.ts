// Undo and redo of anything that is replaced as a whole: what was, what is, what was taken back.

export interface History<T> {
  past: readonly T[];
  present: T;
  future: readonly T[];
  mark: string; // of the last change: another one with the same mark joins it
}

const MOST = 100;

export const begun = <T>(present: T): History<T> => ({ past: [], present, future: [], mark: "" });

/** Changes with the same mark (typing in one field, one drag) are one step back. */
export function changed<T>(history: History<T>, present: T, mark = ""): History<T> {
  if (present === history.present) return history;
  if (mark && mark === history.mark) return { ...history, present, future: [] };
  return { past: [...history.past, history.present].slice(-MOST), present, future: [], mark };
}

export function undone<T>(history: History<T>): History<T> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  const future = [history.present, ...history.future];
  return { past: history.past.slice(0, -1), present: before, future, mark: "" };
}

export function redone<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, mark: "" };
}
