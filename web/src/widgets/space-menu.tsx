// Which space is looked at, and going to another: at the head of the rail, and in the account menu on phones.

import { slugOf } from "../format/spaces";
import { plural } from "../format/units";
import { allNodes, loaded, nodeCount } from "../state/nodes";
import { ownSpaces, spaceId, spaceName, userRole } from "../state/session";
import { switchSpace } from "../state/spaces";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";
import { goTo } from "./places";

export const SpaceMenu = () => (
  <Menu
    label={`Space: ${spaceName.value}`}
    class="space"
    button={
      <>
        <Icon name="space" />
        <span>
          <b>{spaceName.value}</b>
          <small>
            {loaded.value || nodeCount.value ? `${plural(nodeCount.value, "node")} · ` : ""}
            {userRole.value}
          </small>
        </span>
        <Icon name="updown" />
      </>
    }
  >
    <SpaceItems />
  </Menu>
);

/** One line per space, and the way to all of them. */
export const SpaceItems = () => (
  <>
    <fieldset class="menu-group" aria-label="Spaces">
      {ownSpaces.value.map((space) => (
        <Item
          key={slugOf(space, ownSpaces.value)}
          checked={space.id === spaceId.value}
          end={countOf(space.id)}
          onPick={() => switchSpace(space.id)}
        >
          {space.name}
        </Item>
      ))}
    </fieldset>
    <fieldset class="menu-group" aria-label="All spaces">
      <Item icon="space" onPick={() => goTo("/spaces")}>
        Spaces and rooms
      </Item>
    </fieldset>
  </>
);

const countOf = (id: string): string =>
  plural([...allNodes.value.values()].filter((node) => node.space.id === id).length, "node");
