// Cards that are read on arrival are seen together: none that comes later moves what one already reads.

import { useEffect, useState } from "preact/hooks";
import { asking } from "../api/client";

const LONGEST_MS = 700; // then what is there is better than nothing
const LOOK_MS = 25;

/** Whether the first questions of a page have been answered; what an answer brings may ask once more. */
export function useSettled(wanted: boolean): boolean {
  const [settled, setSettled] = useState(!wanted);
  useEffect(() => {
    if (settled) return undefined;
    const end = performance.now() + LONGEST_MS;
    let quiet = 0;
    const timer = setInterval(() => {
      quiet = asking() ? 0 : quiet + 1;
      if (quiet > 1 || performance.now() > end) setSettled(true);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [settled]);
  return settled;
}
