// The head of a dashboard: title, variables, refresh, and the deeds on it.

import type { Signal } from "@preact/signals";
import { board, isDirty, isEditing, opened } from "../state/board";
import { setParams } from "../state/location";
import { EditBar } from "./edit-bar";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";
import { RefreshMenu } from "./refresh-menu";
import { VariableBar } from "./variable-bar";

export type BoardDeed = "" | "settings" | "share" | "export" | "remove" | "conflict" | "discard" | "source";

interface BoardHeadProps {
  title: string;
  deed: Signal<BoardDeed>;
}

export function BoardHead({ title, deed }: BoardHeadProps) {
  const view = opened.value;
  return (
    <div class="pagehead board-head">
      <h1>{title}</h1>
      <VariableBar />
      <ZoneNote />
      <RefreshMenu />
      {view?.may_edit && !isEditing.value && (
        <button type="button" class="btn" onClick={() => setParams({ edit: "1" })}>
          <Icon name="pen" />
          {isDirty.value ? "Edit, not saved" : "Edit"}
        </button>
      )}
      {view && <More deed={deed} />}
      {isEditing.value && <EditBar deed={deed} />}
    </div>
  );
}

/** Times of another place than the viewer's are no secret. */
function ZoneNote() {
  const zone = board.value?.time.zone;
  if (!zone || zone === Intl.DateTimeFormat().resolvedOptions().timeZone) return null;
  return <span class="dim">times of {zone}</span>;
}

function More({ deed }: { deed: Signal<BoardDeed> }) {
  const view = opened.value;
  const pick = (next: BoardDeed) => () => {
    deed.value = next;
  };
  return (
    <Menu label="More about this dashboard" class="btn more" button={<Icon name="more" />}>
      <Item icon="file" onPick={pick("source")}>
        View as TOML
      </Item>
      <Item icon="save" onPick={pick("export")}>
        Export to a file
      </Item>
      {view?.may_share && (
        <Item icon="link" onPick={pick("share")}>
          Public links
        </Item>
      )}
      {view?.may_edit && (
        <Item icon="wheel" onPick={pick("settings")}>
          Title, tags, range
        </Item>
      )}
      {view?.may_edit && !view.built_in && (
        <Item icon="bin" danger onPick={pick("remove")}>
          Delete the dashboard
        </Item>
      )}
    </Menu>
  );
}
