// Reads something once when a part of a page appears, and again on request; keeps the last good answer.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { newest } from "../state/newest";

export interface Read<T> {
  data: T | null;
  error: string;
  again: () => Promise<void>;
}

export function useRead<T>(read: () => Promise<T>): Read<T> {
  const state = useSignal<{ data: T | null; error: string }>({ data: null, error: "" });
  const ask = useMemo(newest, []);
  const again = () => {
    const isNewest = ask();
    return read().then(
      (data) => {
        if (isNewest()) state.value = { data, error: "" };
      },
      (error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        if (isNewest()) state.value = { ...state.peek(), error: text };
      },
    );
  };
  useEffect(() => {
    void again();
  }, []);
  return { ...state.value, again };
}
