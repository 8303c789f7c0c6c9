// The cursor of a panel by keyboard: a hundredth of the range by each arrow, its ends by Home and End.

import { cursor } from "../state/cursor";

const STEPS: Record<string, number> = {
  ArrowLeft: -0.01,
  ArrowRight: 0.01,
  PageUp: -0.1,
  PageDown: 0.1,
};

/** Whether the key meant the cursor. */
export function moveCursor(key: string, fromS: number, toS: number): boolean {
  if (!(toS > fromS)) return false;
  const step = STEPS[key];
  if (step !== undefined) {
    const next = (cursor.peek() ?? toS) + step * (toS - fromS);
    cursor.value = Math.max(fromS, Math.min(toS, next));
  } else if (key === "Home") cursor.value = fromS;
  else if (key === "End") cursor.value = toS;
  else return false;
  return true;
}
