// Nodes: the roll call, filters, and the table. Filter, sort, room and states are in the address.

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { NodeView } from "../api/types";
import { WORD } from "../format/states";
import { isFirstRun, welcome } from "../state/first-run";
import { type Listing, listingOf, matches, ordered } from "../state/listing";
import { navigate, param, params, setParams } from "../state/location";
import { loadError, loaded, loadNodes, nodes, numbersKnown, summaryOf } from "../state/nodes";
import { range } from "../state/range";
import { findRoom } from "../state/rooms";
import { isAdmin, isEditor, spaceName } from "../state/session";
import { setSparkRange } from "../state/sparks";
import { AddNodes } from "../widgets/add-nodes";
import { Help } from "../widgets/help";
import { Icon } from "../widgets/icon";
import { NodeDeeds } from "../widgets/node-deeds";
import { NodeFilters, toggleState } from "../widgets/node-filters";
import { NodeTable } from "../widgets/node-table";
import { connectPath } from "../widgets/places";
import { RollCall } from "../widgets/roll-call";
import { RoomMenu } from "../widgets/room-deeds";
import { Shell } from "../widgets/shell";
import { Empty, ErrorNote, Skeleton } from "../widgets/states";

const RESORT_MS = 10_000;

/** The ids in table order: sorted on request, and every 10 s while the pointer is away, so rows hold still. */
function useOrder(listing: { readonly value: Listing }, hovered: { readonly value: boolean }) {
  const order = useSignal<string[]>([]);
  const sort = (): void => {
    order.value = ordered(nodes.peek().values(), listing.value, (id) => summaryOf(id).peek());
  };
  const members = useComputed(() => [...nodes.value.keys()].join());
  useSignalEffect(() => {
    members.value;
    numbersKnown.value; // sorted once more when there is something to sort by
    sort();
  });
  useEffect(() => {
    const timer = setInterval(() => {
      if (!hovered.value && !document.hidden) sort();
    }, RESORT_MS);
    return () => clearInterval(timer);
  }, []);
  return order;
}

export function NodesPage() {
  const room = findRoom(param("room"));
  const listing = useComputed(() => listingOf(params.value, findRoom(param("room"))?.id ?? ""));
  const hovered = useSignal(false);
  const order = useOrder(listing, hovered);
  useSparks();
  useSignalEffect(() => {
    if (params.value.size || !isFirstRun()) return;
    welcome();
    navigate("/welcome", true);
  });
  const inRoom = [...nodes.value.values()].filter((node) =>
    matches(node, { ...listing.value, text: "", states: [], label: "" }),
  );
  const list = order.value
    .map((id) => nodes.value.get(id))
    .filter((node): node is NodeView => node !== undefined && matches(node, listing.value));
  const name = room?.name ?? "All nodes";
  return (
    <Shell
      title={room?.name ?? "Nodes"}
      crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: name }]}
      ranged
    >
      <div class="pagehead">
        <h1>{room?.name ?? "Nodes"}</h1>
        <RollCall list={rollOf(inRoom, list)} chosen={listing.value.states} onState={toggleState} />
        {room && <RoomMenu room={room} />}
        {isAdmin.value && (
          <a class="btn primary" href={connectPath(room?.name)}>
            <Icon name="plus" />
            Connect a node
          </a>
        )}
      </div>
      {loadError.value && (
        <ErrorNote title="The nodes could not be read" text={errorText()} onRetry={() => void loadNodes()} />
      )}
      {inRoom.length > 0 && <NodeFilters listing={listing.value} shown={list.length} total={inRoom.length} />}
      <Content
        list={list}
        total={inRoom.length}
        listing={listing.value}
        onHover={(over) => (hovered.value = over)}
      />
      <NodeDeeds />
      <Help />
    </Shell>
  );
}

function errorText(): string {
  const before = nodes.value.size ? "These are not all: reading the others failed." : "Nothing was read yet.";
  return `The reason: ${loadError.value}. ${loaded.value ? "What you see is the last that was read." : before}`;
}

/** The roll call shows the whole room, in table order first. */
function rollOf(inRoom: NodeView[], list: NodeView[]): NodeView[] {
  const shown = new Set(list.map((node) => node.id));
  return [...list, ...inRoom.filter((node) => !shown.has(node.id))];
}

/** Histories follow the length of the range; a fixed range keeps those of its length up to now. */
function useSparks(): void {
  const seconds = useComputed(() => (range.value.live ? range.value.seconds : 900));
  useSignalEffect(() => {
    setSparkRange(seconds.value);
  });
}

interface ContentProps {
  list: NodeView[];
  total: number;
  listing: Listing;
  onHover: (over: boolean) => void;
}

function Content(props: ContentProps) {
  if (!loaded.value && !props.list.length) return loadError.value ? null : <Skeleton what="the nodes" />;
  if (!props.total) return <NoNodes />;
  if (!props.list.length) return <NoHits listing={props.listing} />;
  return (
    <div class={loadError.value ? "dimmed" : ""}>
      <NodeTable {...props} />
    </div>
  );
}

function NoNodes() {
  const room = findRoom(param("room"));
  const adding = useSignal(false);
  return (
    <div class="card">
      <Empty
        title={room ? `No nodes in ${room.name} yet` : "No nodes yet"}
        text={
          room
            ? "A new machine joins the room when it is claimed. Nodes that are there already are put into it, without touching them."
            : "A machine joins with one line and a claim token. It makes its own key, and the key never leaves it."
        }
      >
        {isAdmin.value && (
          <a class="btn primary" href={connectPath(room?.name)}>
            <Icon name="plus" />
            Connect a node
          </a>
        )}
        {room && isEditor.value && nodes.value.size > 0 && (
          <button type="button" class="btn" onClick={() => (adding.value = true)}>
            <Icon name="room" />
            Add existing nodes…
          </button>
        )}
      </Empty>
      {room && adding.value && <AddNodes room={room} onClose={() => (adding.value = false)} />}
    </div>
  );
}

function NoHits({ listing }: { listing: Listing }) {
  const filters = [
    listing.text && `“${listing.text}”`,
    listing.label,
    listing.states.length > 0 && listing.states.map((state) => WORD[state].toLowerCase()).join(" or "),
  ].filter(Boolean);
  return (
    <div class="card">
      <Empty
        title={`No node matches ${filters.join(" and ")}`}
        text="The filter is part of this page's address."
      >
        <button type="button" class="btn" onClick={() => setParams({ q: "", state: "", label: "" })}>
          Clear the filter
        </button>
      </Empty>
    </div>
  );
}
