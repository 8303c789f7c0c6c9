// Deeds on a whole dashboard: its head, files, deleting, and what to do when somebody else has saved it.

import type { Signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { dashboards } from "../api/dashboards";
import type { Dashboard } from "../api/types";
import { commandLine } from "../format/shell";
import { board, discard, edit, opened, saveAnyway, takeTheirs } from "../state/board";
import { navigate, setParams } from "../state/location";
import { secondsOf } from "../state/range";
import { failed, toast } from "../state/toasts";
import { BoardExport, BoardSource } from "./board-files";
import type { BoardDeed } from "./board-head";
import { BoardLinks } from "./board-links";
import { Field } from "./controls";
import { Deed, Dialog } from "./dialog";

export function BoardDeeds({ deed }: { deed: Signal<BoardDeed> }) {
  const view = opened.value;
  const document = board.value;
  const close = () => {
    deed.value = "";
  };
  if (!view || !document) return null;
  const own = { space: view.space, document, onClose: close };
  switch (deed.value) {
    case "settings":
      return <Settings {...own} />;
    case "share":
      return <BoardLinks space={view.space} id={document.id} title={document.title} onClose={close} />;
    case "export":
      return <BoardExport {...own} />;
    case "source":
      return <BoardSource {...own} />;
    case "remove":
      return <Remove {...own} />;
    case "conflict":
      return <Conflict {...own} />;
    case "discard":
      return <Discard {...own} />;
    case "":
      return null;
  }
}

interface OwnProps {
  space: string;
  document: Dashboard;
  onClose: () => void;
}

function Settings({ document, onClose }: OwnProps) {
  const [texts, setTexts] = useState({
    title: document.title,
    description: document.description,
    tags: document.tags.join(", "),
    database: document.database,
    last: document.time.last,
    refresh: document.refresh,
  });
  const wrong = texts.last && !secondsOf(texts.last) ? "A number and a unit: 90m, 3h, 7d." : "";
  const field = (name: keyof typeof texts, label: string, hint: string, error = "") => (
    <Field
      label={label}
      hint={hint}
      error={error}
      input={{
        value: texts[name],
        maxLength: 300,
        autocomplete: "off",
        onInput: (event) => setTexts({ ...texts, [name]: event.currentTarget.value }),
      }}
    />
  );
  const take = async () => {
    const tags = texts.tags.split(",").map((tag) => tag.trim());
    edit((before) => ({
      ...before,
      title: texts.title.trim() || before.title,
      description: texts.description.trim(),
      tags: [...new Set(tags.filter(Boolean))],
      database: texts.database.trim(),
      time: { ...before.time, last: texts.last.trim() || "3h" },
      refresh: texts.refresh.trim(),
    }));
    setParams({ edit: "1" });
  };
  return (
    <Deed
      title="Title, tags, range"
      consequence="Nothing is saved before you press Save."
      keep="Cancel"
      deed="Take over"
      ready={!wrong && texts.title.trim() !== ""}
      onClose={onClose}
      onDeed={take}
    >
      {field("title", "Title", "")}
      {field("description", "Description", "What one sees here, in one sentence.")}
      {field("tags", "Tags", "Separated by commas.")}
      {field("database", "Database", "Of queries that name none. Empty: what agents send.")}
      {field("last", "Time range", "What it opens with.", wrong)}
      {field("refresh", "Refresh", "Like 30s or 5m. Empty: not by itself.")}
    </Deed>
  );
}

const Remove = ({ space, document, onClose }: OwnProps) => (
  <Deed
    title={`Delete “${document.title}”?`}
    consequence="Its public links end with it. A built-in dashboard of the same name shows again."
    keep="Keep it"
    deed={`Delete ${document.title}`}
    danger
    cli={commandLine("muster", "dashboard", "delete", document.id)}
    onClose={onClose}
    onDeed={async () => {
      await dashboards.remove(space, document.id);
      discard();
      toast(`${document.title} is deleted`);
      navigate("/dashboards");
    }}
  />
);

const Conflict = ({ document, onClose }: OwnProps) => (
  <Dialog title="Somebody else has saved it meanwhile" onClose={onClose}>
    <p>
      “{document.title}” is not what it was when you opened it. Saving yours replaces what was saved; taking
      theirs drops what you changed.
    </p>
    <div class="deeds">
      <button type="button" class="btn" autofocus onClick={onClose}>
        Go on editing
      </button>
      <button type="button" class="btn" onClick={() => void settled(takeTheirs(), "This is theirs", onClose)}>
        Take theirs
      </button>
      <button
        type="button"
        class="btn solid-danger"
        onClick={() => void settled(saveAnyway(), "Yours is saved", onClose)}
      >
        Save mine over theirs
      </button>
    </div>
  </Dialog>
);

const settled = (deed: Promise<void>, text: string, onClose: () => void): Promise<void> =>
  deed.then(
    () => {
      toast(text);
      onClose();
    },
    (error: unknown) => failed("It was not done", error),
  );

const Discard = ({ document, onClose }: OwnProps) => (
  <Deed
    title={`Drop the changes to “${document.title}”?`}
    consequence="It will be again as it was last saved."
    keep="Go on editing"
    deed="Drop the changes"
    danger
    onClose={onClose}
    onDeed={async () => {
      discard();
      setParams({ edit: "", panel: "" });
    }}
  />
);
