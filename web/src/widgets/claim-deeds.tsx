// What is answered to who waits: in, as which node, under which name, into which rooms; or not, and why.

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { type ApproveAs, joining } from "../api/joining";
import type { ApprovalView } from "../api/types";
import { commandLine } from "../format/shell";
import { loadClaims } from "../state/approvals";
import { param } from "../state/location";
import { loadNodes } from "../state/nodes";
import { rooms } from "../state/rooms";
import { spaceId } from "../state/session";
import { toast } from "../state/toasts";
import { Chip, Field, Segments } from "./controls";
import { Deed } from "./dialog";

type Answer = "approve" | "deny";
const open = signal<{ answer: Answer; claim: ApprovalView } | null>(null);
export const askClaim = (answer: Answer, claim: ApprovalView): void => {
  open.value = { answer, claim };
};

/** The open dialog, if any; mounted once per page. */
export function ClaimDeeds() {
  if (!open.value) return null;
  const { answer, claim } = open.value;
  const onClose = () => {
    open.value = null;
  };
  return answer === "approve" ? (
    <Approve claim={claim} onClose={onClose} />
  ) : (
    <Deny claim={claim} onClose={onClose} />
  );
}

interface AnswerProps {
  claim: ApprovalView;
  onClose: () => void;
}

const readAgain = () => loadClaims(param("state") === "all");

const CONSEQUENCE = {
  claim: "It gets a certificate when it asks next, within seconds, and is a node from then on.",
  reimage: "Whoever approves says which node it is: a reinstalled machine goes on with its history.",
  recovery: "It gets a certificate again when it asks next, for the key it proved. Its history goes on.",
  air_gap: "The answer to its request can then be carried to the machine. The key stays there.",
};

// Netdata agents hear of it when they are claimed once more, and keep the key that they have.
const CLAIMED_AGAIN =
  "It is a node from now on, and goes online once its claim is made again on the machine.";

function Approve({ claim, onClose }: AnswerProps) {
  const like = claim.kind === "reimage" ? claim.looks_like : null;
  const [as, setAs] = useState<ApproveAs>(like ? "existing" : "");
  const [name, setName] = useState(claim.name);
  const [chosen, setChosen] = useState(new Set(claim.rooms.map((room) => room.id)));
  const [note, setNote] = useState("");
  const isNew = as !== "existing" && (claim.kind === "claim" || claim.kind === "reimage");
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const change = changeOf(isNew, claim, name.trim(), [...chosen]);
  const approve = async () => {
    await joining.approve(claim.id, { as, note: note.trim(), ...change });
    await readAgain();
    toast(`${like && as === "existing" ? like.name : name.trim()} is let in`);
    void loadNodes();
  };
  const goal = isNew ? name.trim() || "…" : (claim.looks_like?.name ?? claim.name);
  return (
    <Deed
      title={`Let ${claim.name} in?`}
      consequence={claim.dialect === "netdata" && !like ? CLAIMED_AGAIN : CONSEQUENCE[claim.kind]}
      keep="Decide later"
      deed={like && as === "existing" ? `Approve, keep the history of ${goal}` : `Approve ${goal}`}
      cli={commandLine(
        "muster",
        "approval",
        "approve",
        claim.id,
        ...(as ? ["--as", as] : []),
        ...changed(change),
        ...noted(note),
      )}
      onClose={onClose}
      onDeed={approve}
    >
      {like && (
        <Segments
          label="As which node"
          value={as}
          options={[["existing", `It is ${like.name}`] as const, ["new", "A new node"] as const]}
          onChange={setAs}
        />
      )}
      {isNew && (
        <>
          <Field
            label="Name"
            hint="As the machine calls itself, unless you say otherwise."
            input={{
              value: name,
              required: true,
              maxLength: 253,
              autofocus: true,
              onInput: (event) => setName(event.currentTarget.value),
            }}
          />
          {claim.space.id === spaceId.value && <RoomChips chosen={chosen} onToggle={toggle} />}
        </>
      )}
      <Field
        label="Note, for the audit log"
        hint="Optional."
        input={{
          value: note,
          maxLength: 200,
          autofocus: !isNew,
          onInput: (event) => setNote(event.currentTarget.value),
        }}
      />
    </Deed>
  );
}

const noted = (note: string): string[] => (note.trim() ? ["--note", note.trim()] : []);

function RoomChips({ chosen, onToggle }: { chosen: Set<string>; onToggle: (id: string) => void }) {
  if (!rooms.value.length) return null;
  return (
    <fieldset class="field">
      <legend>Rooms</legend>
      <div class="chips">
        {rooms.value.map((room) => (
          <Chip key={room.id} pressed={chosen.has(room.id)} onClick={() => onToggle(room.id)}>
            {room.name}
          </Chip>
        ))}
      </div>
    </fieldset>
  );
}

interface Change {
  name?: string;
  rooms?: string[];
}

/** What of a new node differs from what the machine says and its token gives. */
function changeOf(isNew: boolean, claim: ApprovalView, name: string, ids: string[]): Change {
  if (!isNew) return {};
  const same = ids.length === claim.rooms.length && claim.rooms.every((room) => ids.includes(room.id));
  return { ...(name === claim.name ? {} : { name }), ...(same ? {} : { rooms: ids }) };
}

/** The same on the command line; no room is "All nodes". */
function changed({ name, rooms: ids }: Change): string[] {
  const named = (id: string) => rooms.value.find((room) => room.id === id)?.name ?? id;
  const into = ids?.length === 0 ? ["All nodes"] : (ids ?? []).map(named);
  return [...(name ? ["--name", name] : []), ...into.flatMap((room) => ["--room", room])];
}

function Deny({ claim, onClose }: AnswerProps) {
  const [note, setNote] = useState("");
  const deny = async () => {
    await joining.deny(claim.id, note.trim());
    await readAgain();
    toast(`${claim.name} is refused`);
  };
  return (
    <Deed
      title={`Refuse ${claim.name}?`}
      consequence="The machine is told, with the reason below. The same key is not let wait again."
      keep="Decide later"
      deed={`Refuse ${claim.name}`}
      danger
      cli={commandLine("muster", "approval", "deny", claim.id, ...noted(note))}
      onClose={onClose}
      onDeed={deny}
    >
      <Field
        label="Reason, told to the machine"
        input={{
          value: note,
          required: true,
          maxLength: 200,
          autofocus: true,
          onInput: (event) => setNote(event.currentTarget.value),
        }}
      />
    </Deed>
  );
}
