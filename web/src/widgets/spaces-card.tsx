// Every space in which one has a role: what it holds and what it asks of who joins and who signs in.

import { useSignal } from "@preact/signals";
import type { SpaceView } from "../api/types";
import { lifetimeText } from "../format/lifetimes";
import { roleName } from "../format/roles";
import { sentence } from "../format/states";
import { grouped } from "../format/units";
import { setParams } from "../state/location";
import { spaceId } from "../state/session";
import { loadSpaces, spaces, spacesError, switchSpace } from "../state/spaces";
import { Tag } from "./controls";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";
import { RemoveSpace, RenameSpace } from "./space-deeds";
import { APPROVALS } from "./space-settings";
import { ErrorNote } from "./states";

type Doing = { deed: "rename" | "remove"; space: SpaceView };

const HEADS = ["Space", "Your role", "Nodes", "Certificates", "Who joins", "Who signs in"];

export function SpacesCard() {
  const doing = useSignal<Doing | null>(null);
  const close = () => (doing.value = null);
  if (spacesError.value && !spaces.value.length)
    return (
      <ErrorNote
        title="The spaces could not be read"
        text={sentence(spacesError.value)}
        onRetry={() => void loadSpaces()}
      />
    );
  return (
    <section class="card" aria-labelledby="spaces-h">
      <header>
        <h2 id="spaces-h">Spaces</h2>
        <span class="dim hide-small">nothing of one is seen from another</span>
      </header>
      <table class="rows">
        <thead>
          <tr>
            {HEADS.map((name) => (
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
          {spaces.value.map((space) => (
            <Row key={space.id} space={space} onDo={(deed) => (doing.value = { deed, space })} />
          ))}
        </tbody>
      </table>
      {doing.value?.deed === "rename" && <RenameSpace space={doing.value.space} onClose={close} />}
      {doing.value?.deed === "remove" && <RemoveSpace space={doing.value.space} onClose={close} />}
    </section>
  );
}

function Row({ space, onDo }: { space: SpaceView; onDo: (deed: Doing["deed"]) => void }) {
  const { settings } = space;
  const here = space.id === spaceId.value;
  return (
    <tr>
      <td>
        <button type="button" class="linklike" onClick={() => switchSpace(space.id, "/nodes")}>
          {space.name}
        </button>{" "}
        {here && <span class="dim">you are here</span>} {space.main && <Tag>the hub's own</Tag>}
      </td>
      <td>{space.role ? roleName(space.role) : <span class="soft">in rooms alone</span>}</td>
      <td data-k="Nodes">{grouped(space.nodes)}</td>
      <td data-k="Certificates" class="soft">
        {lifetimeText(settings.agent_lifetime_s, "hub says")}
      </td>
      <td data-k="Joining" class="soft">
        {APPROVALS.find(([key]) => key === settings.approval)?.[2]}
      </td>
      <td data-k="Sign-in" class="soft">
        {settings.require_second_factor ? "with a passkey" : "passkey optional"}
      </td>
      <td class="num">
        {space.role === "admin" && (
          <Menu label={`Actions for the space ${space.name}`} button={<Icon name="more" />}>
            <Item icon="pen" onPick={() => onDo("rename")}>
              Rename…
            </Item>
            <Item icon="shield" onPick={() => setParams({ settings: space.id })}>
              Settings…
            </Item>
            {!space.main && (
              <Item icon="bin" danger onPick={() => onDo("remove")}>
                Remove…
              </Item>
            )}
          </Menu>
        )}
      </td>
    </tr>
  );
}
