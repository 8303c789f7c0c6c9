// Events as a table; on phones each is two lines.

import type { AuditEvent } from "../api/types";
import { exactly, since, toMs } from "../format/times";
import { nodeAddress } from "../routes";
import { now } from "../state/clock";
import { nameOf } from "../state/names";
import { nodes } from "../state/nodes";
import { Mark } from "./icon";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const HASH = /^[0-9a-f]{64}$/;
const LOCAL = "unix"; // the socket in the hub's folder, by which the command line speaks
const HEADS = ["When", "Who", "Did", "To", "From", "Outcome"];

export const AuditTable = ({ list }: { list: AuditEvent[] }) => (
  <table class="audit rows">
    <thead>
      <tr>
        {HEADS.map((name) => (
          <th scope="col" key={name}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {list.map((event) => (
        <tr key={event.id}>
          <td class="nowrap soft" title={`Event ${event.id}, ${exactly(toMs(event.time_ns))}`}>
            {since(toMs(event.time_ns), now.value)}
          </td>
          <td class="wrap">{event.actor}</td>
          <td class="mono">{event.action}</td>
          <td class="wrap">
            <Target event={event} />
          </td>
          <td class="soft nowrap" data-k={event.address && "From"}>
            {event.address === LOCAL ? "this hub's machine" : event.address}
          </td>
          <td>
            {event.outcome === "ok" ? (
              <span class="soft">done</span>
            ) : (
              <span class="badge b-warn">
                <Mark name="warn" />
                {event.outcome}
              </span>
            )}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** What it was done to, and what is said of that; an id that nobody knows by a name stands behind what is said. */
function Target({ event: { object, detail } }: { event: AuditEvent }) {
  const node = nodes.value.get(object);
  const name = node?.name ?? nameOf(object);
  const short = HASH.test(object) ? `${object.slice(0, 16)}…` : object;
  const [first, then] = !name && detail && ID.test(object) ? [detail, short] : [name || short, detail];
  return (
    <>
      {node ? <a href={nodeAddress(node.id)}>{first}</a> : <span title={object}>{first}</span>}
      {then && then !== first && <span class="sub wrap">{then}</span>}
    </>
  );
}
