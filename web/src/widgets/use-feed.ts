// Feeds a chart while it is on the screen, with as many points as it is wide.

import { computed, type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { type Feed, NO_FEED } from "../state/watches";

type Host = { readonly current: Element | null };

const NEAR = "120px";
// What rushes by while one scrolls is not asked for, and what just left may come back.
const SEEN_MS = 80;
const GONE_MS = 2_000;
const WIDTH_STEP_PX = 64; // a few pixels more are no reason to ask again

function useVisible(host: Host): ReadonlySignal<boolean> {
  const visible = useSignal(false);
  useEffect(() => {
    if (!host.current) return undefined;
    let timer = 0;
    const observer = new IntersectionObserver(
      (entries) => {
        const seen = entries[entries.length - 1]?.isIntersecting ?? false;
        clearTimeout(timer);
        timer = window.setTimeout(
          () => {
            visible.value = seen;
          },
          seen ? SEEN_MS : GONE_MS,
        );
      },
      { rootMargin: NEAR },
    );
    observer.observe(host.current);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, []);
  return visible;
}

function useWidth(host: Host): ReadonlySignal<number> {
  const width = useSignal(0);
  useEffect(() => {
    if (!host.current) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      width.value = Math.round((entry?.contentRect.width ?? 0) / WIDTH_STEP_PX) * WIDTH_STEP_PX;
    });
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** Answers a question for as long as it is wanted. */
type Source<Q, F> = (
  question: ReadonlySignal<Q | null>,
  wanted: ReadonlySignal<boolean>,
) => { out: ReadonlySignal<F>; stop: () => void };

/** What has come for a question; `key` names the question, so that another one starts anew. */
export const useFeed = <Q>(
  host: Host,
  key: string,
  source: Source<Q, Feed>,
  ask: (width: number) => Q,
): Feed => useFed(host, key, source, ask, NO_FEED);

/** The same for other feeds; `none` is what there is before anything has come. */
export function useFed<Q, F>(
  host: Host,
  key: string,
  source: Source<Q, F>,
  ask: (width: number) => Q | null,
  none: F,
): F {
  const visible = useVisible(host);
  const width = useWidth(host);
  const question = useMemo(() => computed(() => (width.value ? ask(width.value) : null)), [key]);
  const out = useSignal<F>(none);
  useEffect(() => {
    const made = source(question, visible);
    const stop = made.out.subscribe((value) => {
      out.value = value;
    });
    return () => {
      stop();
      made.stop();
    };
  }, [key]);
  return out.value;
}
