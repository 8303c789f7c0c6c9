// The rail: places, rooms with worst mark and count, and the hub's own pulse. On phones the tab bar takes over.

import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Pulse } from "../api/types";
import { digits, grouped, plural } from "../format/units";
import { connection, pulse } from "../state/connection";
import { param, route } from "../state/location";
import { nodeCount } from "../state/nodes";
import { counts, findRoom, loadRooms, rooms } from "../state/rooms";
import { hubName, isEditor, spaceName, userRole } from "../state/session";
import { Field } from "./controls";
import { Deed } from "./dialog";
import { Icon, Logo, Mark } from "./icon";
import { goTo, isCurrent, PLACES, roomPath } from "./places";

export function Rail() {
  return (
    <div id="rail">
      <a class="brand" href="/nodes" aria-label="Muster, all nodes">
        <Logo />
        <b>Muster</b>
      </a>
      <div class="space">
        <b>{spaceName.value}</b>
        <small>
          {plural(nodeCount.value, "node")} · {userRole.value}
        </small>
      </div>
      <nav aria-label="Main">
        {PLACES.map((place) => (
          <a
            class="nav"
            href={place.path}
            aria-current={isCurrent(place) ? "page" : undefined}
            title={place.name}
          >
            <Icon name={place.icon} />
            <span>{place.name}</span>
          </a>
        ))}
      </nav>
      <Rooms />
      <HubPulse />
    </div>
  );
}

function Rooms() {
  const [making, setMaking] = useState(false);
  const chosen = route.value.page === "nodes" ? (findRoom(param("room"))?.id ?? "") : null;
  return (
    <>
      <h2 class="railhead">
        Rooms
        {isEditor.value && (
          <button type="button" class="icon-btn" aria-label="New room" onClick={() => setMaking(true)}>
            <Icon name="plus" />
          </button>
        )}
      </h2>
      <nav aria-label="Rooms" class="rooms">
        <RoomLink id="" name="All nodes" path="/nodes" chosen={chosen} />
        {rooms.value.map((room) => (
          <RoomLink key={room.id} id={room.id} name={room.name} path={roomPath(room.name)} chosen={chosen} />
        ))}
      </nav>
      {making && <NewRoom onClose={() => setMaking(false)} />}
    </>
  );
}

function RoomLink({
  id,
  name,
  path,
  chosen,
}: {
  id: string;
  name: string;
  path: string;
  chosen: string | null;
}) {
  const { count, worst } = counts.value.get(id) ?? { count: 0, worst: null };
  return (
    <a class="nav room" href={path} aria-current={chosen === id ? "true" : undefined}>
      <span>{name}</span>
      {worst && <Mark name={worst} />}
      <b class="count">{grouped(count)}</b>
    </a>
  );
}

function NewRoom({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const make = async () => {
    await api.makeRoom(name.trim());
    await loadRooms();
    goTo(roomPath(name.trim()));
  };
  return (
    <Deed
      title="New room"
      consequence="A room is a named group of nodes, for view and access. A node can be in several."
      keep="Cancel"
      deed="Make the room"
      onClose={onClose}
      onDeed={make}
    >
      <Field
        label="Name"
        input={{
          value: name,
          required: true,
          maxLength: 64,
          autofocus: true,
          onInput: (e) => setName(e.currentTarget.value),
        }}
      />
    </Deed>
  );
}

function HubPulse() {
  const known = pulse.value;
  const away = connection.value.name === "waiting";
  const mark = away ? "offline" : known?.state === "read_only" ? "warn" : "live";
  return (
    <div class="hub">
      <span>
        <Mark name={mark} />
        <b>{hubName.value}</b>
      </span>
      {known && <PulseNumbers pulse={known} dim={away} />}
    </div>
  );
}

function PulseNumbers({ pulse: known, dim }: { pulse: Pulse; dim: boolean }) {
  const rate = known.ingest_values_s;
  return (
    <>
      {known.state === "read_only" && <p class="warmv">Takes no new values: {known.reason}</p>}
      <dl class={dim ? "dim" : ""}>
        <dt>Ingest</dt>
        <dd>{rate >= 1000 ? `${digits(rate / 1000)} k/s` : `${digits(rate)} /s`}</dd>
        <dt>Journal</dt>
        <dd>{known.journal_sync_ms ? `synced ${digits(known.journal_sync_ms, 2)} ms` : "idle"}</dd>
        <dt>Disk</dt>
        <dd class={known.disk_used_percent >= 90 ? "warmv" : ""}>{Math.round(known.disk_used_percent)} %</dd>
      </dl>
    </>
  );
}

/** Phones: the same places at the bottom. */
export const TabBar = () => (
  <nav id="tabs" aria-label="Main, small screens">
    {PLACES.map((place) => (
      <a href={place.path} aria-current={isCurrent(place) ? "page" : undefined}>
        <Icon name={place.icon} />
        <span>{place.name}</span>
      </a>
    ))}
  </nav>
);
