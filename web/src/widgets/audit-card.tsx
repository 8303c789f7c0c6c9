// Who did what to which, from where, with what outcome: the newest hundred.

import { api } from "../api/client";
import { sentence } from "../format/states";
import { exactly, since, toMs } from "../format/times";
import { now } from "../state/clock";
import { nodes } from "../state/nodes";
import { Mark } from "./icon";
import { ErrorNote } from "./states";
import { useRead } from "./use-read";

const MOST = 100;

export function AuditCard() {
  const { data, error, again } = useRead(() => api.audit(MOST));
  if (error && !data)
    return (
      <ErrorNote
        title="The audit log could not be read"
        text={sentence(error)}
        onRetry={() => void again()}
      />
    );
  return (
    <section class="card" aria-labelledby="audit-h">
      <header>
        <h2 id="audit-h">Audit log</h2>
        <span class="dim hide-small">the newest {MOST}</span>
        <button type="button" class="btn small" onClick={() => void again()}>
          Read again
        </button>
      </header>
      <div class="scroll">
        <table class="audit">
          <thead>
            <tr>
              {["When", "Who", "Did", "To", "From", "Outcome"].map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(data ?? []).map((event) => (
              <tr key={`${event.time_ns} ${event.action} ${event.object}`}>
                <td class="nowrap" title={exactly(toMs(event.time_ns))}>
                  {since(toMs(event.time_ns), now.value)}
                </td>
                <td>{event.actor}</td>
                <td>{event.action}</td>
                <td title={event.detail || event.object}>
                  {nodes.value.get(event.object)?.name ?? event.object}
                </td>
                <td class="soft">{event.address}</td>
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
      </div>
    </section>
  );
}
