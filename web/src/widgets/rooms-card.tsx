// The rooms of the space: by which rule nodes come into each, how many are in it, how long their certificates live.

import type { RoomView } from "../api/types";
import { lifetimeText } from "../format/lifetimes";
import { isEmpty, ruleText } from "../format/rules";
import { grouped } from "../format/units";
import { nodeCount } from "../state/nodes";
import { rooms } from "../state/rooms";
import { isEditor, spaceName } from "../state/session";
import { roomPath } from "./places";
import { RoomMenu } from "./room-deeds";

export const RoomsCard = () => (
  <section class="card" aria-labelledby="rooms-h">
    <header>
      <h2 id="rooms-h">Rooms of {spaceName.value}</h2>
      <span class="dim hide-small">a node can be in several</span>
    </header>
    <table class="rows">
      <thead>
        <tr>
          {["Room", "Nodes come in", "Nodes", "Certificates"].map((name) => (
            <th scope="col" key={name}>
              {name}
            </th>
          ))}
          <th scope="col">
            <span class="vh">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td>
            <a href="/nodes">All nodes</a>
          </td>
          <td class="soft">always: it is the space itself</td>
          <td data-k="Nodes">{grouped(nodeCount.value)}</td>
          <td />
          <td />
        </tr>
        {rooms.value.map((room) => (
          <Row key={room.id} room={room} />
        ))}
      </tbody>
    </table>
  </section>
);

const Row = ({ room }: { room: RoomView }) => (
  <tr>
    <td>
      <a href={roomPath(room.name)}>{room.name}</a>
    </td>
    <td class="soft wrap">
      by hand{room.rule && !isEmpty(room.rule) && <>, and by rule: {ruleText(room.rule)}</>}
    </td>
    <td data-k="Nodes">{grouped(room.nodes)}</td>
    <td data-k="Certificates" class="soft">
      {lifetimeText(room.agent_lifetime_s, "space says")}
    </td>
    <td class="num">{isEditor.value && <RoomMenu room={room} plain />}</td>
  </tr>
);
