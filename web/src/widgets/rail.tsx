// The rail: places, rooms with worst mark and count, and the hub's own pulse. On phones the tab bar takes over.

import type { Pulse } from "../api/types";
import { digits, grouped } from "../format/units";
import { connection, pulse } from "../state/connection";
import { param, route } from "../state/location";
import { loaded } from "../state/nodes";
import { counts, findRoom, rooms } from "../state/rooms";
import { hubName, isEditor } from "../state/session";
import { Icon, Logo, Mark } from "./icon";
import { Item, Menu } from "./menu";
import { goTo, isCurrent, type Place, places, roomPath } from "./places";
import { SpaceMenu } from "./space-menu";

export function Rail() {
  return (
    <aside id="rail" aria-label="Places and rooms">
      <a class="brand" href="/nodes" aria-label="Muster, all nodes">
        <Logo />
        <b>Muster</b>
      </a>
      <SpaceMenu />
      <nav aria-label="Main">
        {places.value.map((place) => (
          <a
            class="nav"
            href={place.path}
            aria-current={isCurrent(place) ? "page" : undefined}
            title={place.name}
          >
            <Icon name={place.icon} />
            <span>{place.name}</span>
            <Due place={place} />
          </a>
        ))}
      </nav>
      <Rooms />
      <HubPulse />
    </aside>
  );
}

function Rooms() {
  const chosen = route.value.page === "nodes" ? (findRoom(param("room"))?.id ?? "") : null;
  return (
    <>
      <h2 class="railhead">
        Rooms
        {isEditor.value && (
          <a class="icon-btn" href="/rooms/new" aria-label="New room" title="New room">
            <Icon name="plus" />
          </a>
        )}
      </h2>
      <nav aria-label="Rooms" class="rooms">
        <RoomLink id="" name="All nodes" path="/nodes" chosen={chosen} />
        {rooms.value.map((room) => (
          <RoomLink key={room.id} id={room.id} name={room.name} path={roomPath(room.name)} chosen={chosen} />
        ))}
      </nav>
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
      <b class="count">{loaded.value || count ? grouped(count) : "–"}</b>
    </a>
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

const TABS = 5; // more cannot be hit by a thumb

/** Phones: the same places at the bottom, the last of them behind one button. */
export function TabBar() {
  const all = places.value;
  const seen = all.length > TABS ? all.slice(0, TABS - 1) : all;
  const rest = all.slice(seen.length);
  return (
    <nav id="tabs" aria-label="Main, small screens">
      {seen.map((place) => (
        <a href={place.path} aria-current={isCurrent(place) ? "page" : undefined}>
          <Icon name={place.icon} />
          <span>{place.name}</span>
          <Due place={place} />
        </a>
      ))}
      {rest.length > 0 && <MoreTabs rest={rest} />}
    </nav>
  );
}

function MoreTabs({ rest }: { rest: Place[] }) {
  const due = rest.find((place) => place.count?.value);
  return (
    <Menu
      label={`More: ${rest.map((place) => place.name).join(", ")}`}
      class={rest.some(isCurrent) ? "tab current" : "tab"}
      button={
        <>
          <Icon name="more" />
          <span>More</span>
          {due && <Due place={due} />}
        </>
      }
    >
      {rest.map((place) => (
        <Item key={place.path} icon={place.icon} onPick={() => goTo(place.path)}>
          {place.name}
        </Item>
      ))}
    </Menu>
  );
}

/** A tinted number where somebody must act; nothing where nobody must. */
function Due({ place }: { place: Place }) {
  const count = place.count?.value ?? 0;
  if (!count) return null;
  return (
    <b class="due">
      {grouped(count)}
      <span class="vh"> waiting</span>
    </b>
  );
}
