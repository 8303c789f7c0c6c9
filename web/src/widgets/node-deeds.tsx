// What is done to a node: rename, change rooms, revoke, remove. One signal says which dialog is open.

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { NodeView } from "../api/types";
import { isNetdata } from "../format/dialects";
import { dropNode, loadNodes } from "../state/nodes";
import { rooms } from "../state/rooms";
import { toast } from "../state/toasts";
import { CliLine, cli } from "./cli-line";
import { Chip, Field } from "./controls";
import { Deed } from "./dialog";
import { DescribeNode } from "./node-labels";
import { goTo } from "./places";

type DeedName = "rename" | "rooms" | "labels" | "revoke" | "remove";
const open = signal<{ deed: DeedName; node: NodeView } | null>(null);
export const ask = (deed: DeedName, node: NodeView): void => {
  open.value = { deed, node };
};

/** The open dialog, if any; mounted once per page. */
export function NodeDeeds() {
  if (!open.value) return null;
  const { deed, node } = open.value;
  const onClose = () => {
    open.value = null;
  };
  switch (deed) {
    case "rename":
      return <Rename node={node} onClose={onClose} />;
    case "rooms":
      return <ChangeRooms node={node} onClose={onClose} />;
    case "labels":
      return <DescribeNode node={node} onClose={onClose} />;
    case "revoke":
      return <Revoke node={node} onClose={onClose} />;
    case "remove":
      return <Remove node={node} onClose={onClose} />;
  }
}

interface DeedProps {
  node: NodeView;
  onClose: () => void;
}

function Rename({ node, onClose }: DeedProps) {
  const [name, setName] = useState(node.name);
  return (
    <Deed
      title={`Rename ${node.name}`}
      consequence="New values carry the new name in their host tag; older ones keep the name they were stored under. The identity stays the same."
      keep="Cancel"
      deed={`Rename to ${name.trim() || "…"}`}
      onClose={onClose}
      onDeed={() => api.changeNode(node.id, { name: name.trim() }).then(loadNodes)}
    >
      <Field
        label="Name"
        input={{
          value: name,
          required: true,
          maxLength: 255,
          autofocus: true,
          onInput: (e) => setName(e.currentTarget.value),
        }}
      />
    </Deed>
  );
}

function ChangeRooms({ node, onClose }: DeedProps) {
  const [chosen, setChosen] = useState(new Set(node.rooms.map((room) => room.id)));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <Deed
      title={`Rooms of ${node.name}`}
      consequence={
        rooms.value.length
          ? "A node can be in several rooms, or in none."
          : "There are no rooms yet. The plus beside Rooms makes one."
      }
      keep="Cancel"
      deed="Keep this choice"
      onClose={onClose}
      onDeed={() => api.changeNode(node.id, { rooms: [...chosen] }).then(loadNodes)}
    >
      <div class="chips">
        {rooms.value.map((room) => (
          <Chip key={room.id} pressed={chosen.has(room.id)} onClick={() => toggle(room.id)}>
            {room.name}
          </Chip>
        ))}
      </div>
    </Deed>
  );
}

/** What keeps it out, and how its machine may come back: as a new node. */
const shutOut = (node: NodeView): string =>
  isNetdata(node)
    ? "its agent is banned: neither its key nor its id is let in again. The machine comes back only by a claim with a new id, -id=$(uuidgen), as a new node."
    : "renewal is refused from then on. Only a new claim brings the machine back, as a new node.";

function Revoke({ node, onClose }: DeedProps) {
  const [reason, setReason] = useState("");
  return (
    <Deed
      title={`Revoke ${node.name}?`}
      consequence={`Its link is cut within a second, and ${shutOut(node)} History stays until you remove the node.`}
      keep="Keep it"
      deed={`Revoke ${node.name}`}
      danger
      onClose={onClose}
      onDeed={() => api.revokeNode(node.id, reason.trim()).then(loadNodes)}
    >
      <Field
        label="Reason, for the audit log"
        input={{
          value: reason,
          required: true,
          maxLength: 200,
          autofocus: true,
          onInput: (e) => setReason(e.currentTarget.value),
        }}
      />
      <CliLine text={cli("muster", "node", "revoke", node.name, "--reason", reason.trim() || "WHY")} />
    </Deed>
  );
}

function Remove({ node, onClose }: DeedProps) {
  const remove = async () => {
    await api.removeNode(node.id);
    dropNode(node.id);
    toast(`${node.name} is removed`);
    if (location.pathname.endsWith(node.id)) goTo("/nodes");
  };
  const linked = node.state === "live" || node.state === "stale";
  return (
    <Deed
      title={`Remove ${node.name}?`}
      consequence={`${linked ? "Its link is cut and its credential is refused from then on. " : ""}The node leaves every list. This can't be undone; the machine can join again with a new token, as a new node.`}
      keep="Keep it"
      deed={`Remove ${node.name}`}
      danger
      onClose={onClose}
      onDeed={remove}
    />
  );
}
