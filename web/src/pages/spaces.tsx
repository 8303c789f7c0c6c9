// Spaces and rooms: who owns what, which nodes are in which room by which rule, and what holds for them.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { param, setParams } from "../state/location";
import { loadRooms } from "../state/rooms";
import { isAdmin, isEditor, spaceName } from "../state/session";
import { isHubAdmin, loadSpaces, spaces } from "../state/spaces";
import { failed } from "../state/toasts";
import { Icon } from "../widgets/icon";
import { connectPath } from "../widgets/places";
import { RoomsCard } from "../widgets/rooms-card";
import { Shell } from "../widgets/shell";
import { NewSpace } from "../widgets/space-deeds";
import { SpaceSettingsSheet } from "../widgets/space-settings";
import { SpacesCard } from "../widgets/spaces-card";

export function SpacesPage() {
  const making = useSignal(false);
  useEffect(() => {
    void loadSpaces();
    loadRooms().catch((error: unknown) => failed("The rooms could not be read", error));
  }, []);
  const opened = spaces.value.find((space) => space.id === param("settings"));
  return (
    <Shell
      settles
      title="Spaces and rooms"
      crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "Spaces and rooms" }]}
    >
      <div class="pagehead">
        <div>
          <h1>Spaces and rooms</h1>
          <p>
            A space owns its nodes, rooms, data and roles. A room is a group of its nodes, for view and
            access.
          </p>
        </div>
        <div class="chips">
          {isHubAdmin.value && (
            <button type="button" class="btn" onClick={() => (making.value = true)}>
              <Icon name="plus" />
              New space
            </button>
          )}
          {isAdmin.value && (
            <a class="btn" href={connectPath()}>
              <Icon name="plug" />
              Connect a node
            </a>
          )}
          {isEditor.value && (
            <a class="btn primary" href="/rooms/new">
              <Icon name="plus" />
              New room
            </a>
          )}
        </div>
      </div>
      <div class="stackv">
        <SpacesCard />
        <RoomsCard />
      </div>
      {making.value && <NewSpace onClose={() => (making.value = false)} />}
      {opened && <SpaceSettingsSheet space={opened} onClose={() => setParams({ settings: "" }, true)} />}
    </Shell>
  );
}
