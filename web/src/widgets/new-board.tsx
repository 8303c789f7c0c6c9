// A new dashboard: an empty one, or one from a file of ours or of Grafana.

import { useState } from "preact/hooks";
import { dashboards } from "../api/dashboards";
import type { DashboardRow, ImportedView } from "../api/types";
import { commandLine } from "../format/shell";
import { plural } from "../format/units";
import { dashboardAddress } from "../routes";
import { emptyDashboard } from "../state/board-defaults";
import { freeId, slug } from "../state/board-edits";
import { navigate } from "../state/location";
import { NotCarried } from "./board-files";
import { Field, TextArea } from "./controls";
import { Deed } from "./dialog";

interface NewProps {
  space: string;
  rows: readonly DashboardRow[];
  onClose: () => void;
}

export function NewBoard({ space, rows, onClose }: NewProps) {
  const [title, setTitle] = useState("");
  const wanted = title.trim();
  const make = async () => {
    const id = freeId(
      slug(wanted),
      rows.map((row) => row.id),
    );
    await dashboards.save(space, emptyDashboard(id, wanted), "");
    navigate(dashboardAddress(id, { edit: "1" }));
  };
  return (
    <Deed
      title="New dashboard"
      consequence="It opens empty, ready for its first panel."
      keep="Cancel"
      deed={`Make ${wanted || "the dashboard"}`}
      ready={wanted !== ""}
      onClose={onClose}
      onDeed={make}
    >
      <Field
        label="Title"
        input={{
          value: title,
          required: true,
          maxLength: 200,
          autofocus: true,
          autocomplete: "off",
          onInput: (event) => setTitle(event.currentTarget.value),
        }}
      />
    </Deed>
  );
}

export function ImportBoard({ space, rows, onClose }: NewProps) {
  const [text, setText] = useState("");
  const [found, setFound] = useState<ImportedView | null>(null);
  const taken = rows.map((row) => row.id);
  const look = async () => {
    setFound(await dashboards.imported(space, text));
    return false; // what is lost is shown first
  };
  const take = async () => {
    if (!found) return;
    const id = freeId(found.dashboard.id, taken);
    await dashboards.save(space, { ...found.dashboard, id }, "");
    navigate(dashboardAddress(id));
  };
  if (found)
    return (
      <Deed
        key="take"
        title={`Import “${found.dashboard.title}”?`}
        consequence={`${plural(found.dashboard.panels.length, "panel")}, ${plural(found.dashboard.variables.length, "variable")}. ${found.not_carried.length ? "Some of it has no place here:" : "Everything has its place here."}`}
        keep="Cancel"
        deed="Import it"
        wide
        onClose={onClose}
        onDeed={take}
      >
        <NotCarried list={found.not_carried} />
      </Deed>
    );
  return (
    <Deed
      key="look"
      title="Import a dashboard"
      consequence="A file that Grafana has exported as JSON, or a TOML file of this kind. Nothing is saved yet."
      keep="Cancel"
      deed="Look at it"
      ready={text.trim() !== ""}
      cli={commandLine("muster", "dashboard", "import-grafana", "FILE")}
      wide
      onClose={onClose}
      onDeed={look}
    >
      <label class="btn file">
        Choose a file
        <input
          type="file"
          class="vh"
          accept=".json,.toml,application/json"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) void file.text().then(setText);
          }}
        />
      </label>
      <TextArea label="Or paste it" value={text} most={MOST_CHARACTERS} onValue={setText} />
    </Deed>
  );
}

const MOST_CHARACTERS = 2 << 20; // as the hub takes it
