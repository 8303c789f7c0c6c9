// The menu of a panel: larger, as a table, its query, its numbers as a file; while it is edited, its deeds.

import { type Signal, useSignal } from "@preact/signals";
import { fieldsOf } from "../charts/fields";
import { edit, isPublic, opened } from "../state/board";
import { withCopy, withoutPanel } from "../state/board-edits";
import type { PlacedPanel } from "../state/board-layout";
import { setParams } from "../state/location";
import type { PanelFeed } from "../state/panel-feed";
import { toast } from "../state/toasts";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";
import { csvOfFields } from "./panel-files";
import { QuerySheet } from "./query-sheet";
import { saveText } from "./save";

interface PanelMenuProps {
  placed: PlacedPanel;
  title: string;
  feed: PanelFeed;
  asTable: Signal<boolean>;
  full: boolean;
  editing: boolean;
}

export function PanelMenu({ placed, title, feed, asTable, full, editing }: PanelMenuProps) {
  const { panel } = placed;
  const looking = useSignal(false);
  const name = title || panel.id;
  const save = () => {
    const fields = feed.answer ? fieldsOf(panel, feed.answer.answers) : [];
    saveText(`${panel.id}.csv`, csvOfFields(panel, fields), "text/csv");
  };
  const link = () =>
    navigator.clipboard.writeText(location.href).then(
      () => toast("The link to this view is copied"),
      () => toast("The browser refused to copy", "crit"),
    );
  return (
    <>
      <Menu label={`${name}: menu`} class="icon-btn panel-menu" button={<Icon name="more" />}>
        {full ? (
          <Item icon="left" end={<kbd>Esc</kbd>} onPick={() => setParams({ panel: "" })}>
            Back to the dashboard
          </Item>
        ) : (
          <Item icon="screen" onPick={() => setParams({ panel: placed.key })}>
            Show it alone
          </Item>
        )}
        {panel.kind !== "text" && (
          <>
            <Item icon="table" end={<kbd>v</kbd>} onPick={() => (asTable.value = !asTable.value)}>
              {asTable.value ? "Show as it is" : "Show as a table"}
            </Item>
            {!isPublic.value && (
              <Item icon="terminal" onPick={() => (looking.value = true)}>
                View query
              </Item>
            )}
            <Item icon="save" onPick={save}>
              Export CSV
            </Item>
          </>
        )}
        <Item icon="link" onPick={() => void link()}>
          Copy link to this view
        </Item>
        {opened.value?.may_edit && (
          <Item icon="pen" onPick={() => setParams({ edit: "1", panel: panel.id })}>
            Edit
          </Item>
        )}
        {editing && (
          <>
            <Item icon="copy" end={<kbd>d</kbd>} onPick={() => edit((board) => withCopy(board, panel.id)[0])}>
              Duplicate
            </Item>
            <Item
              icon="bin"
              danger
              end={<kbd>Del</kbd>}
              onPick={() => edit((board) => withoutPanel(board, panel.id))}
            >
              Remove
            </Item>
          </>
        )}
      </Menu>
      {looking.value && (
        <QuerySheet panel={panel} title={name} feed={feed} onClose={() => (looking.value = false)} />
      )}
    </>
  );
}
