// The frame around every page, and what lies over it.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { now } from "../state/clock";
import { connection, retryNow, waitS } from "../state/connection";
import { bind, keysShown } from "../state/keys";
import { shift, toggleLive } from "../state/range";
import { starting } from "../state/starting";
import { nextTheme } from "../state/theme";
import { Palette, paletteOpen } from "./command";
import { Badge } from "./icon";
import { KeysSheet } from "./keys-sheet";
import { goTo, PLACES } from "./places";
import { Rail, TabBar } from "./rail";
import { Toasts } from "./toasts";
import { type Crumb, TopBar } from "./topbar";
import { useSettled } from "./use-settled";

interface ShellProps {
  title: string;
  crumbs: Crumb[];
  ranged?: boolean;
  settles?: boolean; // made of cards that are each read on arrival
  children: ComponentChildren;
}

export function Shell({ title, crumbs, ranged = false, settles = false, children }: ShellProps) {
  const settled = useSettled(settles);
  useEffect(() => {
    document.title = `${title} · Muster`;
  }, [title]);
  // Before the paint: what can be seen can be steered.
  useLayoutEffect(() => bind("Everywhere", everywhere), []);
  useLayoutEffect(() => (ranged ? bind("Time", time) : undefined), [ranged]);
  return (
    <div class="frame">
      <a class="skip" href="#main">
        To the content
      </a>
      <Rail />
      <TopBar crumbs={crumbs} ranged={ranged} />
      <main
        id="main"
        tabIndex={-1}
        class={settled ? undefined : "settling"}
        aria-busy={!settled || undefined}
      >
        {starting.value ? <Starting /> : <LostConnection />}
        {children}
      </main>
      <TabBar />
      <Palette />
      <KeysSheet />
      <Toasts />
    </div>
  );
}

const everywhere = [
  { keys: "Ctrl k", what: "Go to a node, room or page", run: () => (paletteOpen.value = true) },
  ...PLACES.map((place) => ({ keys: place.keys, what: `Go to ${place.name}`, run: () => goTo(place.path) })),
  { keys: "t", what: "Theme: system, light, dark", run: nextTheme },
  { keys: "?", what: "All keys", run: () => (keysShown.value = true) },
];

const time = [
  { keys: "[", what: "Earlier", run: () => shift(-1) },
  { keys: "]", what: "Later", run: () => shift(1) },
  { keys: "l", what: "Live on or off", run: toggleLive },
];

/** The hub answers, but has no data yet; every part of the page asks again by itself. */
const Starting = () => (
  <div class="note lost" role="status">
    <Badge name="stale">The hub is starting.</Badge>
    <span>It reads what was stored last; this page goes on by itself within seconds of that.</span>
  </div>
);

/** Says what it waits for and for how long; what is on screen stays, with its time. */
function LostConnection() {
  const state = connection.value;
  const again = state.name === "connecting" && state.attempt > 0;
  if (state.name !== "waiting" && !again) return null;
  now.value; // counts down
  const wait = waitS(state);
  return (
    <div class="note warn lost" role="status">
      <Badge name="warn">The hub does not answer.</Badge>
      <span>
        What you see is from before; it moves on by itself.{" "}
        {state.name === "waiting" ? `Next try in ${wait} s.` : "Trying now."}
      </span>
      <button type="button" class="btn small" onClick={retryNow}>
        Try now
      </button>
    </div>
  );
}
