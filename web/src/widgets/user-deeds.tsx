// What an admin does about people: make, change role or password, remove.

import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Role, UserView } from "../api/types";
import { PASSWORD_LENGTH } from "../format/passwords";
import { ROLES } from "../format/roles";
import { Field, Segments } from "./controls";
import { Deed } from "./dialog";

export type Doing = { deed: "new" } | { deed: "password" | "role" | "remove"; user: UserView };

interface UserDeedProps {
  doing: Doing;
  onClose: () => void;
  again: () => Promise<void>;
}

export function UserDeed({ doing, onClose, again }: UserDeedProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("user" in doing ? doing.user.role : "viewer");
  const passwordField = (
    <Field
      label="Password"
      hint={`At least ${PASSWORD_LENGTH.least} characters. It ends the sessions of whoever used the old one.`}
      input={{
        type: "password",
        autocomplete: "new-password",
        required: true,
        minLength: PASSWORD_LENGTH.least,
        maxLength: PASSWORD_LENGTH.most,
        value: password,
        onInput: (event) => setPassword(event.currentTarget.value),
      }}
    />
  );
  const rolePicker = <Segments label="Role" value={role} options={ROLES} onChange={setRole} />;
  if (doing.deed === "new")
    return (
      <Deed
        title="New user"
        consequence="A viewer looks, an editor also names nodes and rooms, an admin may do everything."
        keep="Cancel"
        deed={`Make ${name.trim() || "the user"}`}
        onClose={onClose}
        onDeed={() => api.makeUser({ name: name.trim(), password, role }).then(again)}
      >
        <Field
          label="Name"
          input={{
            value: name,
            required: true,
            maxLength: 64,
            autofocus: true,
            onInput: (e) => setName(e.currentTarget.value),
          }}
        />
        {passwordField}
        {rolePicker}
      </Deed>
    );
  const { user, deed } = doing;
  if (deed === "remove")
    return (
      <Deed
        title={`Remove ${user.name}?`}
        consequence="Their sessions end at once. What they did stays in the audit log."
        keep="Keep them"
        deed={`Remove ${user.name}`}
        danger
        onClose={onClose}
        onDeed={() => api.removeUser(user.id).then(again)}
      />
    );
  return (
    <Deed
      title={deed === "role" ? `Role of ${user.name}` : `New password for ${user.name}`}
      consequence={
        deed === "role"
          ? "It counts from their next click on."
          : "Give it to them in person; nobody can read it later."
      }
      keep="Cancel"
      deed={deed === "role" ? `Make ${user.name} ${role}` : "Set the password"}
      onClose={onClose}
      onDeed={() => api.changeUser(user.id, deed === "role" ? { role } : { password }).then(again)}
    >
      {deed === "role" ? rolePicker : passwordField}
    </Deed>
  );
}
