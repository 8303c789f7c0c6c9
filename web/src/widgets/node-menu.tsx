// The menu of a node. A table shares one menu among its rows: a row costs a button, not a menu.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { NodeView } from "../api/types";
import { roleOn } from "../format/roles";
import { isEditor, ownSpaces } from "../state/session";
import { toast } from "../state/toasts";
import { Icon } from "./icon";
import { Item, Menu, menuArrows, placeMenu } from "./menu";
import { ask } from "./node-deeds";

const copyId = (node: NodeView) =>
  navigator.clipboard.writeText(node.id).then(
    () => toast("The node's id is copied"),
    () => toast(`The browser refused to copy. The id is ${node.id}`, "crit"),
  );

const labelOf = (node: NodeView): string => `Actions for ${node.name}`;

export const NodeMenu = ({ node }: { node: NodeView }) => (
  <Menu label={labelOf(node)} class="btn" button={<Icon name="more" />}>
    <Items node={node} />
  </Menu>
);

function Items({ node }: { node: NodeView }) {
  const role = roleOn(node, ownSpaces.value);
  return (
    <>
      <Item icon="copy" onPick={() => void copyId(node)}>
        Copy id
      </Item>
      {(role === "editor" || role === "admin") && (
        <Item icon="pen" onPick={() => ask("rename", node)}>
          Rename…
        </Item>
      )}
      {isEditor.value && (
        <>
          <Item icon="room" onPick={() => ask("rooms", node)}>
            Rooms…
          </Item>
          <Item icon="tag" onPick={() => ask("labels", node)}>
            Labels and stay…
          </Item>
        </>
      )}
      {role === "admin" && node.state !== "revoked" && (
        <Item icon="cut" danger onPick={() => ask("revoke", node)}>
          Revoke…
        </Item>
      )}
      {role === "admin" && (
        <Item icon="bin" danger onPick={() => ask("remove", node)}>
          Remove…
        </Item>
      )}
    </>
  );
}

const SHEET = "row-menu";
const asked = signal<{ node: NodeView; opener: HTMLElement } | null>(null);

/** Opens the table's menu for its own node; pressed again, it closes it. */
export function RowMenuButton({ node }: { node: NodeView }) {
  const open = asked.value?.node.id === node.id;
  const press = (event: MouseEvent & { currentTarget: HTMLElement }) => {
    if (!open) {
      asked.value = { node, opener: event.currentTarget };
      return;
    }
    event.preventDefault(); // the browser would show it once more
    document.getElementById(SHEET)?.hidePopover();
  };
  return (
    <button
      type="button"
      class="icon-btn"
      aria-label={labelOf(node)}
      aria-haspopup="menu"
      aria-expanded={open}
      popovertarget={SHEET}
      popovertargetaction="show"
      onClick={press}
    >
      <Icon name="more" />
    </button>
  );
}

const forget = (): void => {
  asked.value = null;
};

/** The menu itself; mounted once beside the rows. */
export function RowMenu() {
  const sheet = useRef<HTMLDivElement>(null);
  const open = asked.value;
  useEffect(() => {
    if (open && sheet.current) placeMenu(sheet.current, open.opener);
  }, [open]);
  useEffect(() => forget, []);
  return (
    <div
      ref={sheet}
      id={SHEET}
      popover="auto"
      role="menu"
      aria-label={open ? labelOf(open.node) : "Actions"}
      class="menu"
      onToggle={(event) => {
        if (event.newState === "closed") forget();
        else if (asked.value) placeMenu(event.currentTarget, asked.value.opener);
      }}
      onKeyDown={(event) => menuArrows(event, sheet.current)}
    >
      {open && <Items node={open.node} />}
    </div>
  );
}
