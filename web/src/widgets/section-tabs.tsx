// Sticky tabs over the sections of a page: real links, so each section has an address; the current one follows scrolling.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { hash, setHash } from "../state/location";

interface Tab {
  id: string;
  title: string;
}

const HOLD_MS = 3_000;
const MOVES = ["wheel", "touchstart", "keydown", "pointerdown"];
const LINE_PX = 130; // a section is current once its head has passed this line

export function SectionTabs({ sections }: { sections: Tab[] }) {
  const current = useSignal(hash.peek() || (sections[0]?.id ?? ""));
  const ids = sections.map((section) => section.id).join();
  const held = useRef(false);
  useEffect(() => {
    const target = document.getElementById(hash.peek()); // it may come later than the tabs
    if (!target || held.current) return undefined;
    held.current = true;
    // Charts above still find their size: hold the section in place until it is at rest or someone moves.
    const hold = new ResizeObserver(() => target.scrollIntoView());
    const letGo = () => hold.disconnect();
    hold.observe(document.body);
    const timer = setTimeout(letGo, HOLD_MS);
    for (const name of MOVES) addEventListener(name, letGo, { once: true, passive: true });
    return () => {
      clearTimeout(timer);
      letGo();
      for (const name of MOVES) removeEventListener(name, letGo);
    };
  }, [ids]);
  useEffect(() => {
    let frame = 0;
    const measure = () => {
      frame = 0;
      const passed = ids.split(",").filter((id) => top(id) <= LINE_PX);
      const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
      const wanted = atEnd && hash.peek() ? hash.peek() : passed[passed.length - 1];
      current.value = wanted ?? ids.split(",")[0] ?? "";
    };
    const moved = () => {
      frame ||= requestAnimationFrame(measure);
    };
    addEventListener("scroll", moved, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", moved);
    };
  }, [ids]);
  const go = (event: MouseEvent, id: string) => {
    event.preventDefault();
    setHash(id);
    document.getElementById(id)?.scrollIntoView();
    current.value = id;
  };
  return (
    <nav class="sections" aria-label="Sections">
      {sections.map(({ id, title }) => (
        <a
          key={id}
          href={`#${id}`}
          aria-current={current.value === id ? "true" : undefined}
          onClick={(event) => go(event, id)}
        >
          {title}
        </a>
      ))}
    </nav>
  );
}

const top = (id: string): number =>
  document.getElementById(id)?.getBoundingClientRect().top ?? Number.POSITIVE_INFINITY;
