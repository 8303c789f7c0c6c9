// What an admin does about people: make, change roles or password, take lost passkeys away, remove.

import { useState } from "preact/hooks";
import { people } from "../api/people";
import type { UserView } from "../api/types";
import { PASSWORD_LENGTH } from "../format/passwords";
import { namesOf, roleCommands, roleOptions } from "../format/people";
import { commandLine } from "../format/shell";
import { loadPeople, resetUser, users } from "../state/people";
import { allRooms, rooms } from "../state/rooms";
import { ownSpaces, space } from "../state/session";
import { spaceOption } from "../state/spaces";
import { Field } from "./controls";
import { Deed } from "./dialog";
import { type Held, RolePicker, roleChanges } from "./role-picker";
import { UserPasskeys } from "./user-passkeys";

interface UserDeedProps {
  deed: string; // as the address says: new, roles, password, passkeys, reset, remove
  id: string;
  onClose: () => void;
}

export function UserDeed({ deed, id, onClose }: UserDeedProps) {
  const user = users.value?.find((each) => each.id === id);
  if (deed === "new") return <NewUser onClose={onClose} />;
  if (!user) return null;
  if (deed === "roles") return <Roles user={user} onClose={onClose} />;
  if (deed === "password") return <Password user={user} onClose={onClose} />;
  if (deed === "passkeys") return <UserPasskeys user={user} onClose={onClose} />;
  if (deed === "reset") return <Reset user={user} onClose={onClose} />;
  if (deed === "remove") return <Remove user={user} onClose={onClose} />;
  return null;
}

interface PasswordProps {
  value: string;
  onValue: (value: string) => void;
}

const PasswordField = ({ value, onValue }: PasswordProps) => (
  <Field
    label="Password"
    hint={`At least ${PASSWORD_LENGTH.least} characters. It ends the sessions of whoever used the old one.`}
    input={{
      type: "password",
      autocomplete: "new-password",
      required: true,
      minLength: PASSWORD_LENGTH.least,
      maxLength: PASSWORD_LENGTH.most,
      value,
      onInput: (event) => onValue(event.currentTarget.value),
    }}
  />
);

function NewUser({ onClose }: { onClose: () => void }) {
  const here = space.value;
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [held, setHeld] = useState<Held>({ roles: here ? { [here.id]: "viewer" } : {}, room_roles: {} });
  const wanted = name.trim();
  const role = held.roles[here?.id ?? ""] ?? null;
  const given = { role, room_roles: held.room_roles };
  return (
    <Deed
      wide
      title="New user"
      consequence="You choose the first password and give it to them in person. With an invitation they choose it themselves."
      keep="Cancel"
      deed={`Make ${wanted || "the user"}`}
      ready={role !== null || Object.keys(held.room_roles).length > 0}
      cli={commandLine(
        "muster",
        "user",
        "create",
        wanted || "NAME",
        roleOptions(given, namesOf(rooms.value)),
        spaceOption(),
      )}
      onClose={onClose}
      onDeed={() =>
        people.makeUser({ name: wanted, password, space: here?.id ?? "", ...given }).then(loadPeople)
      }
    >
      <Field
        label="Name"
        input={{
          value: name,
          required: true,
          maxLength: 64,
          autofocus: true,
          autocomplete: "off",
          onInput: (event) => setName(event.currentTarget.value),
        }}
      />
      <PasswordField value={password} onValue={setPassword} />
      {here && <RolePicker spaces={[here]} rooms={rooms.value} held={held} onChange={setHeld} />}
    </Deed>
  );
}

interface OneProps {
  user: UserView;
  onClose: () => void;
}

function Roles({ user, onClose }: OneProps) {
  const [held, setHeld] = useState<Held>(user);
  const mine = ownSpaces.value.filter((each) => each.role === "admin");
  const roles = roleChanges(user.roles, held.roles);
  const room_roles = roleChanges(user.room_roles, held.room_roles);
  const all = { roles, room_roles };
  return (
    <Deed
      wide
      title={`Roles of ${user.name}`}
      consequence={
        user.providers.length
          ? `They count from the next click on. At each sign-in by ${user.providers.join(" or ")} they are worked out anew from the groups there.`
          : "They count from the next click on. A role in a room adds to that in the space."
      }
      keep="Cancel"
      deed="Save the roles"
      ready={Object.keys(roles).length + Object.keys(room_roles).length > 0}
      cli={roleCommands(user.name, all, namesOf(ownSpaces.value), namesOf(allRooms.value))}
      onClose={onClose}
      onDeed={() => people.changeUser(user.id, all).then(loadPeople)}
    >
      <RolePicker spaces={mine} rooms={allRooms.value} held={held} onChange={setHeld} />
    </Deed>
  );
}

function Password({ user, onClose }: OneProps) {
  const [password, setPassword] = useState("");
  return (
    <Deed
      title={`New password for ${user.name}`}
      consequence="Give it to them in person; nobody can read it later."
      keep="Cancel"
      deed="Set the password"
      cli={commandLine("muster", "user", "password", user.name)}
      onClose={onClose}
      onDeed={() => people.changeUser(user.id, { password }).then(loadPeople)}
    >
      <PasswordField value={password} onValue={setPassword} />
    </Deed>
  );
}

function Reset({ user, onClose }: OneProps) {
  const [password, setPassword] = useState("");
  return (
    <Deed
      title={`Reset the sign-in of ${user.name}?`}
      consequence="Their passkeys and linked sign-ins go, their sessions end, and this password lets them in again. Roles stay."
      keep="Leave it"
      deed={`Reset ${user.name}`}
      danger
      cli={commandLine("muster", "user", "reset", user.name)}
      onClose={onClose}
      onDeed={() => resetUser(user.id, password)}
    >
      <PasswordField value={password} onValue={setPassword} />
    </Deed>
  );
}

const Remove = ({ user, onClose }: OneProps) => (
  <Deed
    title={`Remove ${user.name}?`}
    consequence="Their sessions and API tokens end at once. What they did stays in the audit log."
    keep="Keep them"
    deed={`Remove ${user.name}`}
    danger
    cli={commandLine("muster", "user", "remove", user.name)}
    onClose={onClose}
    onDeed={() => people.removeUser(user.id).then(loadPeople)}
  />
);
