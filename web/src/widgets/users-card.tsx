// People who may sign in, their roles, and what an admin can do about them.

import { useSignal } from "@preact/signals";
import { api } from "../api/client";
import type { UserView } from "../api/types";
import { roleName } from "../format/roles";
import { sentence } from "../format/states";
import { since, toMs } from "../format/times";
import { now } from "../state/clock";
import { userName } from "../state/session";
import { toast } from "../state/toasts";
import { Badge, Icon } from "./icon";
import { Item, Menu } from "./menu";
import { ErrorNote } from "./states";
import { useRead } from "./use-read";
import { type Doing, UserDeed } from "./user-deeds";

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
      <td>{roleName(user.role)}</td>
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
