// Backups of the hub: made, verified, deleted, and brought to another machine. For admins of the hub.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { sentence } from "../format/states";
import { backUp, deleteBackup, followBackups, loadBackups, shelf, shelfError } from "../state/backups";
import { param, setParams } from "../state/location";
import { spaceName } from "../state/session";
import { isHubAdmin, loadSpaces, spaces } from "../state/spaces";
import { failed } from "../state/toasts";
import { BackupFailed, BackupPlan, BackupUnderWay } from "../widgets/backup-cards";
import { RestoreElsewhere } from "../widgets/backup-restore";
import { BackupTable } from "../widgets/backup-table";
import { cli } from "../widgets/cli-line";
import { Button } from "../widgets/controls";
import { Deed } from "../widgets/dialog";
import { Shell } from "../widgets/shell";
import { Empty, ErrorNote, Skeleton } from "../widgets/states";

export function BackupsPage() {
  const admin = isHubAdmin.value;
  useEffect(() => void loadSpaces(), []);
  useEffect(() => (admin ? followBackups() : undefined), [admin]);
  const crumbs = [
    { text: spaceName.value, href: "/nodes" },
    { text: "Identity", href: "/identity" },
    { text: "Backups" },
  ];
  return (
    <Shell settles title="Backups" crumbs={crumbs}>
      <div class="pagehead">
        <div>
          <h1>Backups</h1>
          <p>The whole hub in one file each: its authority, people, nodes, settings and values.</p>
        </div>
        {admin && <BackUpNow />}
      </div>
      {admin ? <Content /> : spaces.value.length > 0 && <NotForYou />}
      {admin && <Deeds />}
    </Shell>
  );
}

function BackUpNow() {
  const asked = useSignal(false);
  const view = shelf.value;
  const begin = () => {
    asked.value = true;
    backUp()
      .catch((error: unknown) => failed("No backup is being made", error))
      .finally(() => (asked.value = false));
  };
  return (
    <div class="chips">
      <Button
        kind="primary"
        icon="save"
        disabled={!view || asked.value || view.run !== null || view.refusal !== ""}
        onClick={begin}
      >
        Back up now
      </Button>
    </div>
  );
}

const NotForYou = () => (
  <div class="card">
    <Empty
      title="Only an admin of the hub has to do with its backups"
      text="That is an admin of the hub's own space. One of them can give you the role."
    />
  </div>
);

function Content() {
  const view = shelf.value;
  if (!view)
    return shelfError.value ? (
      <ErrorNote
        title="The backups could not be read"
        text={sentence(shelfError.value)}
        onRetry={() => void loadBackups()}
      />
    ) : (
      <Skeleton what="the backups" />
    );
  return (
    <div class="stackv">
      {view.refusal && (
        <p class="note warn">
          <span>{sentence(view.refusal)}</span>
        </p>
      )}
      {view.failed && <BackupFailed failed={view.failed} />}
      {view.run && <BackupUnderWay run={view.run} />}
      <BackupTable list={view.backups} busy={view.run !== null} />
      <BackupPlan view={view} />
    </div>
  );
}

/** What the address asks for about one of them. */
function Deeds() {
  const named = (key: string) => shelf.value?.backups.find((each) => each.name === param(key));
  const close = () => setParams({ restore: "", delete: "" }, true);
  const restored = named("restore");
  const gone = named("delete");
  return (
    <>
      {restored && <RestoreElsewhere each={restored} folder={shelf.value?.folder ?? ""} onClose={close} />}
      {gone && (
        <Deed
          title={`Delete ${gone.name}?`}
          consequence="The file goes for good. What it alone still knew is lost: a backup of another moment is not the same."
          keep="Keep it"
          deed="Delete the backup"
          danger
          cli={cli("muster", "backup", "delete", gone.name)}
          onClose={close}
          onDeed={() => deleteBackup(gone.name)}
        />
      )}
    </>
  );
}
