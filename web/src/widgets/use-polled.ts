// Reads something again and again while a part of a page is there and seen; keeps the last good answer.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Polled<T> {
  data: T | null;
  error: string;
}

export function usePolled<T>(read: () => Promise<T>, everyMs: number, key: string): Polled<T> {
  const state = useSignal<Polled<T>>({ data: null, error: "" });
  useEffect(() => {
    let timer = 0;
    let on = true;
    const take = (next: Polled<T>) => {
      if (!on) return;
      state.value = next;
      timer = window.setTimeout(ask, everyMs);
    };
    const ask = () => {
      if (document.hidden) {
        timer = window.setTimeout(ask, everyMs);
        return;
      }
      read().then(
        (data) => take({ data, error: "" }),
        (error: unknown) =>
          take({ data: state.peek().data, error: error instanceof Error ? error.message : String(error) }),
      );
    };
    state.value = { data: null, error: "" };
    ask();
    return () => {
      on = false;
      clearTimeout(timer);
    };
  }, [key]);
  return state.value;
}
