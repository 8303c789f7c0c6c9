// Reads something once when a part of a page appears, and again on request; keeps the last good answer.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Read<T> {
  data: T | null;
  error: string;
  again: () => Promise<void>;
}

export function useRead<T>(read: () => Promise<T>): Read<T> {
  const state = useSignal<{ data: T | null; error: string }>({ data: null, error: "" });
  const again = () =>
    read().then(
      (data) => {
        state.value = { data, error: "" };
      },
      (error: unknown) => {
        state.value = { ...state.peek(), error: error instanceof Error ? error.message : String(error) };
      },
    );
  useEffect(() => {
    void again();
  }, []);
  return { ...state.value, again };
}
