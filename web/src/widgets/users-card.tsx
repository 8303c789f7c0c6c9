// People who may sign in, their roles, and what an admin can do about them.

import { useSignal } from "@preact/signals";
import { useState } from "preact/hooks";
import { api } from "../api/client";
import type { Role, UserView } from "../api/types";
import { sentence } from "../format/states";
import { since, toMs } from "../format/times";
import { now } from "../state/clock";
import { userName } from "../state/session";
import { toast } from "../state/toasts";
import { Field, Segments } from "./controls";
import { Deed } from "./dialog";
import { Badge, Icon } from "./icon";
import { Item, Menu } from "./menu";
import { ErrorNote } from "./states";
import { useRead } from "./use-read";

const ROLES = [
  ["viewer", "Viewer"],
  ["editor", "Editor"],
  ["admin", "Admin"],
] as const;
const SHORTEST = 12;

type Doing = { deed: "new" } | { deed: "password" | "role" | "remove"; user: UserView };

export function UsersCard() {
  const { data, error, again } = useRead(api.users);
  const doing = useSignal<Doing | null>(null);
  if (error && !data)
    return (
      <ErrorNote title="The users could not be read" text={sentence(error)} onRetry={() => void again()} />
    );
  const onClose = () => {
    doing.value = null;
  };
  return (
    <section class="card" aria-labelledby="users-h">
      <header>
        <h2 id="users-h">People</h2>
        <button type="button" class="btn small" onClick={() => (doing.value = { deed: "new" })}>
          <Icon name="plus" />
          New user
        </button>
      </header>
      <table class="users">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Role</th>
            <th scope="col">Since</th>
            <th scope="col">Sign-in</th>
            <th scope="col">
              <span class="vh">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {(data ?? []).map((user) => (
            <UserRow
              key={user.id}
              user={user}
              again={again}
              onDo={(deed) => (doing.value = { deed, user })}
            />
          ))}
        </tbody>
      </table>
      {doing.value && <UserDeed doing={doing.value} onClose={onClose} again={again} />}
    </section>
  );
}

interface UserRowProps {
  user: UserView;
  again: () => Promise<void>;
  onDo: (deed: "password" | "role" | "remove") => void;
}

function UserRow({ user, again, onDo }: UserRowProps) {
  const self = user.name === userName.value;
  const toggle = async () => {
    try {
      await api.changeUser(user.id, { disabled: !user.disabled });
      await again();
    } catch (error) {
      toast(error instanceof Error ? sentence(error.message) : String(error), "crit");
    }
  };
  return (
    <tr>
      <td>
        {user.name} {self && <span class="dim">you</span>}
      </td>
      <td>{ROLES.find(([key]) => key === user.role)?.[1]}</td>
      <td class="soft">{since(toMs(user.created_ns), now.value)}</td>
      <td>
        {user.disabled ? <Badge name="revoked">Switched off</Badge> : <span class="soft">allowed</span>}
      </td>
      <td class="num">
        <Menu label={`Actions for ${user.name}`} button={<Icon name="more" />}>
          <Item icon="key" onPick={() => onDo("password")}>
            New password…
          </Item>
          <Item icon="person" onPick={() => onDo("role")}>
            Role…
          </Item>
          {!self && (
            <Item icon="pause" onPick={() => void toggle()}>
              {user.disabled ? "Allow sign-in" : "Switch sign-in off"}
            </Item>
          )}
          {!self && (
            <Item icon="bin" danger onPick={() => onDo("remove")}>
              Remove…
            </Item>
          )}
        </Menu>
      </td>
    </tr>
  );
}

interface UserDeedProps {
  doing: Doing;
  onClose: () => void;
  again: () => Promise<void>;
}

function UserDeed({ doing, onClose, again }: UserDeedProps) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [role, setRole] = useState<Role>("user" in doing ? doing.user.role : "viewer");
  const passwordField = (
    <Field
      label="Password"
      hint={`At least ${SHORTEST} characters. It ends the sessions of whoever used the old one.`}
      input={{
        type: "password",
        autocomplete: "new-password",
        required: true,
        minLength: SHORTEST,
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
