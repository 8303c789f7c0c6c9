// People who may sign in: their roles per space and room, and by what they sign in.

import { people } from "../api/people";
import type { UserView } from "../api/types";
import { roleName } from "../format/roles";
import { sentence } from "../format/states";
import { since, toMs } from "../format/times";
import { plural } from "../format/units";
import { now } from "../state/clock";
import { setParams } from "../state/location";
import { loadPeople, peopleError, type RoleLine, roleLines, users } from "../state/people";
import { userName } from "../state/session";
import { failed } from "../state/toasts";
import { Tag } from "./controls";
import { Badge, Icon } from "./icon";
import { Item, Menu } from "./menu";
import { ErrorNote, Skeleton } from "./states";

export function UsersCard() {
  const list = users.value;
  if (!list)
    return peopleError.value ? (
      <ErrorNote
        title="The users could not be read"
        text={sentence(peopleError.value)}
        onRetry={() => void loadPeople()}
      />
    ) : (
      <Skeleton what="the users" />
    );
  return (
    <section class="card" aria-labelledby="users-h">
      <header>
        <h2 id="users-h">Who may sign in</h2>
        <span class="dim">{list.length}</span>
      </header>
      <table class="rows users">
        <thead>
          <tr>
            {["Name", "Roles", "Signs in by", "Since"].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
            <th scope="col">
              <span class="vh">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((user) => (
            <UserRow key={user.id} user={user} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

const UserRow = ({ user }: { user: UserView }) => (
  <tr class={user.disabled ? "off" : ""}>
    <td>
      <b>{user.name}</b> {user.name === userName.value && <span class="dim">you</span>}
    </td>
    <td>
      <RoleTags lines={roleLines(user)} />
    </td>
    <td>{user.disabled ? <Badge name="revoked">Switched off</Badge> : <Ways user={user} />}</td>
    <td data-k="Since" class="soft">
      {since(toMs(user.created_ns), now.value)}
    </td>
    <td class="num">
      <UserMenu user={user} />
    </td>
  </tr>
);

export const RoleTags = ({ lines }: { lines: RoleLine[] }) => (
  <ul class="roles">
    {lines.map(({ where, role, room }) => (
      <li key={`${room} ${where}`}>
        {room && <Icon name="room" />}
        <span class="soft">{where}</span> {roleName(role)}
      </li>
    ))}
    {!lines.length && <li class="dim">none</li>}
  </ul>
);

/** By what one signs in; a provider is a mark of its own, since it decides the roles too. */
const Ways = ({ user }: { user: UserView }) => (
  <span class="signs">
    {user.providers.map((name) => (
      <Tag key={name}>
        <Icon name="link" />
        {name}
      </Tag>
    ))}
    {user.has_password && <span>password</span>}
    {user.passkeys > 0 && (
      <span>
        <Icon name="finger" />
        {plural(user.passkeys, "passkey")}
      </span>
    )}
    {user.require_passkey && <span class="dim">passkey required</span>}
    {!user.has_password && !user.passkeys && !user.providers.length && <span class="dim">nothing yet</span>}
  </span>
);

function UserMenu({ user }: { user: UserView }) {
  const self = user.name === userName.value;
  const open = (deed: string) => () => setParams({ do: deed, user: user.id });
  const toggle = () =>
    people
      .changeUser(user.id, { disabled: !user.disabled })
      .then(loadPeople)
      .catch((error: unknown) => failed(`${user.name} is as before`, error));
  return (
    <Menu label={`Actions for ${user.name}`} button={<Icon name="more" />}>
      <Item icon="person" onPick={open("roles")}>
        Roles…
      </Item>
      <Item icon="key" onPick={open("password")}>
        New password…
      </Item>
      <Item icon="finger" onPick={open("passkeys")}>
        Passkeys…
      </Item>
      {!self && (
        <Item icon="undo" onPick={open("reset")}>
          Reset sign-in…
        </Item>
      )}
      {!self && (
        <Item icon={user.disabled ? "play" : "pause"} onPick={() => void toggle()}>
          {user.disabled ? "Allow sign-in" : "Switch sign-in off"}
        </Item>
      )}
      {!self && (
        <Item icon="bin" danger onPick={open("remove")}>
          Remove…
        </Item>
      )}
    </Menu>
  );
}
