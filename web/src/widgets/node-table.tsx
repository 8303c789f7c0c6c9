// The node table: sticky head with sort buttons, rows near the screen only past 200, keys j k Enter.
// Scrolling draws the body anew, never the table around it.

import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { NodeView } from "../api/types";
import { hasValues } from "../format/states";
import { grouped, plural } from "../format/units";
import { nodeAddress } from "../routes";
import { pulse } from "../state/connection";
import { bind } from "../state/keys";
import { type Column, type Listing, nextSort } from "../state/listing";
import { setParams } from "../state/location";
import { isNarrow } from "../state/media";
import { showSparks } from "../state/sparks";
import { Icon } from "./icon";
import { RowMenu } from "./node-menu";
import { NodeRow } from "./node-row";
import { goTo, rangeParams } from "./places";
import { topsOf, usePlaces, useWindowed } from "./windowed";

const WINDOWED_FROM = 200;
const HEADS: [column: Column, name: string, className: string][] = [
  ["state", "State", "c-state"],
  ["node", "Node", ""],
  ["link", "Link", "c-link"],
  ["heard", "Heard", "c-heard num"],
  ["cpu", "CPU", "c-cpu"],
  ["memory", "Memory", "c-memory"],
  ["disk", "Fullest disk", "c-disk"],
  ["network", "Network", "c-net"],
  ["credential", "Credential", "c-cred"],
];
// Heights in pixels, as the style sheet makes them: one line of table, or a card of two lines on narrow screens.
const HEIGHT = { wide: { numbers: 41, cause: 41 }, narrow: { numbers: 76, cause: 130 } };

interface NodeTableProps {
  list: NodeView[];
  total: number;
  listing: Listing;
  onHover: (over: boolean) => void;
}

export function NodeTable({ list, total, listing, onHover }: NodeTableProps) {
  const current = useSignal("");
  const body = useRef<HTMLTableSectionElement>(null);
  const narrow = isNarrow.value;
  const tops = useMemo(() => {
    const height = narrow ? HEIGHT.narrow : HEIGHT.wide;
    return topsOf(list.map((node) => (hasValues(node.state) ? height.numbers : height.cause)));
  }, [list, narrow]);
  useTableKeys(list, current, tops, body);
  return (
    <div class="tablewrap" onPointerEnter={() => onHover(true)} onPointerLeave={() => onHover(false)}>
      <table class="nodes" aria-rowcount={list.length + 1}>
        <caption class="vh">
          Nodes, {grouped(list.length)} of {grouped(total)}
        </caption>
        <thead>
          <tr aria-rowindex={1}>
            {HEADS.map(([column, name, className]) => (
              <Head key={column} column={column} name={name} className={className} listing={listing} />
            ))}
            <th scope="col" class="c-more">
              <span class="vh">Actions</span>
            </th>
          </tr>
        </thead>
        <Rows list={list} tops={tops} body={body} current={current} />
      </table>
      <RowMenu />
      <Foot list={list} />
    </div>
  );
}

interface RowsProps {
  list: NodeView[];
  tops: number[];
  body: RefObject<HTMLTableSectionElement | null>;
  current: ReadonlySignal<string>;
}

/** Rows are keyed by place, so that one that scrolls away becomes one that comes. */
function Rows({ list, tops, body, current }: RowsProps) {
  const { start, end } = useWindowed(body, tops, list.length > WINDOWED_FROM);
  const shown = list.slice(start, end);
  const ids = shown.map((node) => node.id);
  const places = usePlaces(ids);
  useEffect(() => showSparks(ids), [ids.join()]);
  const all = tops[list.length] ?? 0;
  return (
    <tbody ref={body}>
      <Space px={tops[start] ?? 0} />
      {shown.map((node, index) => (
        <NodeRow
          key={places.get(node.id)}
          node={node}
          index={start + index}
          current={current.value === node.id}
        />
      ))}
      <Space px={all - (tops[end] ?? all)} />
    </tbody>
  );
}

/** Stands for the rows that are not drawn. */
const Space = ({ px }: { px: number }) =>
  px > 0 ? (
    // biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused.
    <tr class="space-row" aria-hidden="true" style={{ "--h": `${px}px` }} />
  ) : null;

interface HeadProps {
  column: Column;
  name: string;
  className: string;
  listing: Listing;
}

function Head({ column, name, className, listing }: HeadProps) {
  const on = listing.column === column;
  const direction = listing.descending ? "descending" : "ascending";
  const sort = () => {
    const next = nextSort(listing, column);
    setParams({ sort: next === "state" ? "" : next });
  };
  return (
    <th scope="col" class={className} aria-sort={on ? direction : undefined}>
      <button type="button" onClick={sort}>
        {name}
        {on && <Icon name={listing.descending ? "sortDown" : "sortUp"} />}
      </button>
    </th>
  );
}

function Foot({ list }: { list: NodeView[] }) {
  const live = list.filter((node) => node.state === "live").length;
  const series = pulse.value ? `, ${grouped(pulse.value.series)} series on the hub` : "";
  return (
    <div class="tfoot">
      <span>
        Updated every second. {plural(live, "node")} live{series}.
      </span>
      <span>
        <kbd>j</kbd>
        <kbd>k</kbd> move <kbd>Enter</kbd> open <kbd>/</kbd> filter <kbd>?</kbd> all keys
      </span>
    </div>
  );
}

/** j and k move a mark from row to row and keep it on screen; Enter opens the marked node. */
function useTableKeys(
  list: NodeView[],
  current: { value: string },
  tops: number[],
  body: { current: HTMLElement | null },
): void {
  useLayoutEffect(() => {
    const move = (by: number) => {
      const at = list.findIndex((node) => node.id === current.value);
      const next = Math.max(0, Math.min(list.length - 1, at < 0 ? 0 : at + by));
      current.value = list[next]?.id ?? "";
      reveal(body.current, tops[next] ?? 0, tops[next + 1] ?? 0);
    };
    const enter = () => {
      if (current.value) goTo(nodeAddress(current.value, rangeParams()));
    };
    return bind("Nodes", [
      { keys: "/", what: "Filter", run: () => document.getElementById("filter")?.focus() },
      { keys: "j", what: "Next node", run: () => move(1) },
      { keys: "k", what: "Previous node", run: () => move(-1) },
      { keys: "Enter", what: "Open the marked node", run: enter },
    ]);
  }, [list, tops]);
}

const BARS_PX = 96; // top bar and table head cover that much

function reveal(body: HTMLElement | null, top: number, bottom: number): void {
  if (!body) return;
  const offset = body.getBoundingClientRect().top;
  if (offset + top < BARS_PX) scrollBy({ top: offset + top - BARS_PX });
  else if (offset + bottom > innerHeight - 16) scrollBy({ top: offset + bottom - innerHeight + 16 });
}
