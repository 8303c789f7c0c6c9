// The command palette (Ctrl K): nodes, rooms, pages and deeds; fuzzy, ranked, keyboard first.

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { WORD } from "../format/states";
import { plural } from "../format/units";
import { dashboardAddress, nodeAddress } from "../routes";
import { rows as boards, loadBoards } from "../state/boards";
import { keysShown } from "../state/keys";
import { nodes } from "../state/nodes";
import { toggleLive } from "../state/range";
import { counts, rooms } from "../state/rooms";
import { isAdmin, spaceId } from "../state/session";
import { nextTheme } from "../state/theme";
import { toast } from "../state/toasts";
import { type Hit, ranked } from "./fuzzy";
import { type Entry, HitLine } from "./hit-line";
import { Icon } from "./icon";
import { goTo, places, rangeParams, roomPath } from "./places";

export const paletteOpen = signal(false);

const MOST = 12;

function entries(): Entry[] {
  const made: Entry[] = [];
  for (const node of nodes.value.values())
    made.push({
      group: "Nodes",
      name: node.name,
      end: node.state === "live" ? node.facts.os : WORD[node.state],
      mark: node.state,
      run: () => goTo(nodeAddress(node.id, rangeParams())),
    });
  for (const room of rooms.value)
    made.push({
      group: "Rooms",
      name: room.name,
      end: plural(counts.value.get(room.id)?.count ?? 0, "node"),
      icon: "room",
      run: () => goTo(roomPath(room.name)),
    });
  for (const row of boards.value ?? [])
    made.push({
      group: "Dashboards",
      name: row.title,
      end: row.tags.join(", "),
      icon: "board",
      run: () => goTo(dashboardAddress(row.id)),
    });
  for (const { name, path, icon, keys } of places.value)
    made.push({ group: "Pages", name, end: "", keys, icon, run: () => goTo(path) });
  made.push({ group: "Pages", name: "Spaces and rooms", end: "", icon: "space", run: () => goTo("/spaces") });
  if (isAdmin.value)
    made.push({ group: "Pages", name: "Audit log", end: "", icon: "log", run: () => goTo("/audit") });
  if (isAdmin.value)
    made.push({
      group: "Pages",
      name: "Certificates of other services",
      end: "",
      icon: "shield",
      run: () => goTo("/pki"),
    });
  if (isAdmin.value)
    made.push({ group: "Pages", name: "Backups", end: "", icon: "save", run: () => goTo("/backups") });
  made.push({ group: "Pages", name: "Trust this hub", end: "", icon: "key", run: () => goTo("/trust") });
  made.push({ group: "Pages", name: "Account", end: "", icon: "person", run: () => goTo("/account") });
  return [...made, ...ACTIONS];
}

const copyLink = () =>
  navigator.clipboard.writeText(location.href).then(
    () => toast("The link to this view is copied"),
    () => toast("The browser refused to copy; the address bar holds the same link", "crit"),
  );

const ACTIONS: Entry[] = [
  { group: "Actions", name: "Copy link to this view", end: "", icon: "copy", run: () => void copyLink() },
  { group: "Actions", name: "Switch theme", end: "", keys: "t", icon: "moon", run: nextTheme },
  { group: "Actions", name: "Live on or off", end: "", keys: "l", icon: "pause", run: toggleLive },
  {
    group: "Actions",
    name: "All keys",
    end: "",
    keys: "?",
    icon: "keyboard",
    run: () => (keysShown.value = true),
  },
];

export function Palette() {
  return paletteOpen.value ? <Sheet /> : null;
}

function Sheet() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const hits = ranked(text, entries(), (entry) => entry.name).slice(0, MOST);
  const close = () => (paletteOpen.value = false);
  const run = (hit: Hit<Entry> | undefined) => {
    if (!hit) return;
    close();
    hit.entry.run();
  };
  useEffect(() => {
    if (!boards.peek()) void loadBoards(spaceId.peek());
  }, []);
  useLayoutEffect(() => dialog.current?.showModal(), []); // before the next key: whoever types fast loses no letter
  useEffect(() =>
    dialog.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }),
  );
  const press = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) setAt((at + move + hits.length) % Math.max(1, hits.length));
    else if (event.key === "Enter") run(hits[at]);
    else return;
    event.preventDefault();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a dialog natively; the click is only on its backdrop.
    <dialog
      ref={dialog}
      class="palette"
      aria-label="Go to"
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div class="input">
        <Icon name="search" />
        <input
          value={text}
          placeholder="Node, room, dashboard or page"
          aria-label="Go to"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-hits"
          aria-activedescendant={hits.length ? `hit-${at}` : undefined}
          autocomplete="off"
          spellcheck={false}
          onKeyDown={press}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setAt(0);
          }}
        />
        <kbd>Esc</kbd>
      </div>
      <div id="palette-hits" class="hits" role="listbox" aria-label="Found" tabIndex={-1}>
        {hits.map((hit, index) => (
          <HitLine
            key={`${hit.entry.group} ${hit.entry.name}`}
            hit={hit}
            before={hits[index - 1]}
            index={index}
            at={at}
            run={run}
          />
        ))}
      </div>
      {!hits.length && <p class="none">Nothing is called “{text}”.</p>}
    </dialog>
  );
}
