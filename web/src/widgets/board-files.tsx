// A dashboard as a file: for this hub, for Grafana, or to look at.

import { useState } from "preact/hooks";
import { dashboards } from "../api/dashboards";
import type { Dashboard } from "../api/types";
import { isDirty } from "../state/board";
import { failed } from "../state/toasts";
import { CopyButton } from "./controls";
import { Dialog } from "./dialog";
import { saveText } from "./save";
import { useRead } from "./use-read";

interface OwnProps {
  space: string;
  document: Dashboard;
  onClose: () => void;
}

export function BoardExport({ space, document, onClose }: OwnProps) {
  const [lost, setLost] = useState<string[]>([]);
  const save = async (format: "toml" | "grafana") => {
    try {
      const file = await dashboards.exported(space, document.id, format);
      saveText(file.name, file.text, format === "toml" ? "application/toml" : "application/json");
      setLost(file.not_carried);
      if (!file.not_carried.length) onClose();
    } catch (error) {
      failed("It was not exported", error);
    }
  };
  return (
    <Dialog title={`Export “${document.title}”`} onClose={onClose}>
      <p>
        {isDirty.value ? "The file holds what is saved, not what is changed here. " : ""}
        TOML is what this hub reads; JSON is for Grafana, with the same queries.
      </p>
      <NotCarried list={lost} />
      <div class="deeds">
        <button type="button" class="btn" onClick={onClose}>
          {lost.length ? "Close" : "Cancel"}
        </button>
        <button type="button" class="btn" onClick={() => void save("grafana")}>
          JSON for Grafana
        </button>
        <button type="button" class="btn primary" onClick={() => void save("toml")}>
          TOML
        </button>
      </div>
    </Dialog>
  );
}

/** What a file's other form has no place for. */
export function NotCarried({ list }: { list: string[] }) {
  if (!list.length) return null;
  return (
    <section class="lost-list" aria-label="Not carried over">
      <b>Not carried over</b>
      <ul>
        {list.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </section>
  );
}

export function BoardSource({ space, document, onClose }: OwnProps) {
  const { data, error } = useRead(() => dashboards.exported(space, document.id, "toml"));
  return (
    <Dialog title={data?.name ?? document.title} wide onClose={onClose}>
      {error && <p class="bad-text">{error}</p>}
      {data && (
        <div class="code tall">
          <pre>{data.text}</pre>
          <CopyButton text={data.text} />
        </div>
      )}
      <div class="deeds">
        <button type="button" class="btn" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
