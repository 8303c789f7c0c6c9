// Inviting a person: name and roles, then a link that is shown once and opens once.

import { useState } from "preact/hooks";
import { people } from "../api/people";
import type { NewInvitationView } from "../api/types";
import { spanOption } from "../format/lifetimes";
import { namesOf, roleOptions } from "../format/people";
import { commandLine } from "../format/shell";
import { exactly, toMs } from "../format/times";
import { loadPeople } from "../state/people";
import { rooms } from "../state/rooms";
import { space } from "../state/session";
import { spaceOption } from "../state/spaces";
import { CopyButton, Field, Segments } from "./controls";
import { Deed, Dialog } from "./dialog";
import { Icon } from "./icon";
import { type Held, RolePicker } from "./role-picker";

const LIVES = [
  ["86400", "1 day"],
  ["604800", "1 week"],
  ["2592000", "30 days"],
] as const;

export function InviteSheet({ onClose }: { onClose: () => void }) {
  const here = space.value;
  const [made, setMade] = useState<NewInvitationView | null>(null);
  const [name, setName] = useState("");
  const [life, setLife] = useState<(typeof LIVES)[number][0]>("604800");
  const [held, setHeld] = useState<Held>({ roles: here ? { [here.id]: "viewer" } : {}, room_roles: {} });
  if (made) return <Made made={made} onClose={onClose} />;
  const wanted = name.trim();
  const given = { role: held.roles[here?.id ?? ""] ?? null, room_roles: held.room_roles };
  const ttl = Number(life);
  const options = [...roleOptions(given, namesOf(rooms.value)), ...spaceOption()];
  const invite = async () => {
    const answer = await people.invite({ name: wanted, space: here?.id ?? "", ttl_s: ttl, ...given });
    void loadPeople();
    setMade(answer);
    return false; // the sheet stays: the link is on it
  };
  return (
    <Deed
      wide
      title="Invite a person"
      consequence="You get a link that opens once. Whoever opens it chooses a password or makes a passkey, and is in."
      keep="Cancel"
      deed={`Invite ${wanted || "them"}`}
      ready={given.role !== null || Object.keys(given.room_roles).length > 0}
      cli={commandLine("muster", "user", "invite", wanted || "NAME", options, ["--ttl", spanOption(ttl)])}
      onClose={onClose}
      onDeed={invite}
    >
      <Field
        label="Name"
        hint="By this name they sign in."
        input={{
          value: name,
          required: true,
          maxLength: 64,
          autofocus: true,
          autocomplete: "off",
          onInput: (event) => setName(event.currentTarget.value),
        }}
      />
      {here && <RolePicker spaces={[here]} rooms={rooms.value} held={held} onChange={setHeld} />}
      <div class="field">
        <b>The link opens for</b>
        <Segments label="The link opens for" value={life} options={LIVES} onChange={setLife} />
      </div>
    </Deed>
  );
}

const Made = ({ made, onClose }: { made: NewInvitationView; onClose: () => void }) => (
  <Dialog title={`The link for ${made.name}`} onClose={onClose} wide>
    <p>Copy it now: it is shown this once. It opens once, until {exactly(toMs(made.expires_ns))}.</p>
    <div class="code">
      <pre>
        <mark>{made.link}</mark>
      </pre>
      <CopyButton text={made.link} kind="primary" />
    </div>
    <p class="note">
      <Icon name="shield" />
      <span>
        Whoever has it becomes {made.name}. Send it to that person alone. The part behind # reaches no log:
        browsers keep it to themselves.
      </span>
    </p>
    <div class="deeds">
      <button type="button" class="btn" onClick={onClose}>
        I have it
      </button>
    </div>
  </Dialog>
);
