// Audit: who did what to which, from where, with what outcome; filtered by the address, verified on request.

import { useEffect } from "preact/hooks";
import { sentence } from "../format/states";
import {
  events,
  eventsError,
  type Filter,
  loadEvents,
  loadOlder,
  matching,
  reachedEnd,
} from "../state/audit";
import { param, setParams } from "../state/location";
import { nameOf } from "../state/names";
import { isAdmin, spaceName } from "../state/session";
import { isHubAdmin, loadSpaces } from "../state/spaces";
import { failed } from "../state/toasts";
import { AuditFilters } from "../widgets/audit-filters";
import { AuditTable } from "../widgets/audit-table";
import { ChainCard } from "../widgets/chain-card";
import { ExportAudit } from "../widgets/export-audit";
import { Shell } from "../widgets/shell";
import { Empty, ErrorNote, Skeleton } from "../widgets/states";

const filterOf = (): Filter => ({
  text: param("q"),
  kind: param("kind"),
  refused: param("outcome") === "refused",
});

export function AuditPage() {
  const admin = isAdmin.value;
  useEffect(() => {
    if (!admin) return;
    void loadEvents();
    void loadSpaces();
  }, [admin]);
  const crumbs = [
    { text: spaceName.value, href: "/nodes" },
    { text: "Identity", href: "/identity" },
    { text: "Audit log" },
  ];
  return (
    <Shell settles title="Audit log" crumbs={crumbs}>
      <div class="pagehead">
        <div>
          <h1>Audit log</h1>
          <p>
            Who did what to which, from where, with what outcome. Each event is chained to the one before it.
          </p>
        </div>
        {admin && <ExportAudit />}
      </div>
      {admin ? (
        <div class="stackv">
          {isHubAdmin.value && <ChainCard />}
          <Events />
        </div>
      ) : (
        <div class="card">
          <Empty
            title="Only an admin reads the audit log"
            text={`An admin of ${spaceName.value} can give you the role.`}
          />
        </div>
      )}
    </Shell>
  );
}

function Events() {
  const all = events.value;
  if (!all)
    return eventsError.value ? (
      <ErrorNote
        title="The audit log could not be read"
        text={sentence(eventsError.value)}
        onRetry={() => void loadEvents()}
      />
    ) : (
      <Skeleton what="the audit log" />
    );
  const filter = filterOf();
  const list = matching(all, filter, nameOf);
  const older = () => loadOlder().catch((error: unknown) => failed("Older events could not be read", error));
  return (
    <div>
      <AuditFilters all={all} filter={filter} />
      <section class="card" aria-label="Events">
        {list.length ? (
          <AuditTable list={list} />
        ) : (
          <Empty
            title={all.length ? "None of these events matches" : "Nothing was done yet"}
            text={all.length ? "The filter is part of this page's address; older events may match." : ""}
          >
            {all.length > 0 && (
              <button type="button" class="btn" onClick={() => setParams({ q: "", kind: "", outcome: "" })}>
                Clear the filter
              </button>
            )}
          </Empty>
        )}
        <div class="tfoot">
          <span>
            {list.length} of the newest {all.length}
            {reachedEnd.value && ", which are all"}
          </span>
          {!reachedEnd.value && (
            <button type="button" class="btn small" onClick={() => void older()}>
              Read older ones
            </button>
          )}
        </div>
      </section>
    </div>
  );
}
