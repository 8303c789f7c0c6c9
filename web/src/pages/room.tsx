// One room: its name, its rule with the nodes it takes in beside it, and how long certificates live in it.

import { rooms } from "../state/rooms";
import { isEditor, spaceName } from "../state/session";
import { RoomEditor } from "../widgets/room-editor";
import { Shell } from "../widgets/shell";
import { Empty } from "../widgets/states";

export function RoomPage({ id }: { id: string }) {
  const room = rooms.value.find((each) => each.id === id);
  const title = room?.name ?? (id === "new" ? "New room" : "Room");
  const crumbs = [
    { text: spaceName.value, href: "/nodes" },
    { text: "Spaces and rooms", href: "/spaces" },
    { text: title },
  ];
  return (
    <Shell title={title} crumbs={crumbs}>
      <div class="pagehead">
        <div>
          <h1>{title}</h1>
          <p>Nodes are in a room because somebody put them there, or because its rule fits them.</p>
        </div>
      </div>
      {isEditor.value && (room || id === "new") ? (
        <RoomEditor key={room?.id ?? "new"} room={room ?? null} />
      ) : (
        <div class="card">
          <Empty
            title={isEditor.value ? "No such room" : "Only an editor can change rooms"}
            text={
              isEditor.value
                ? `No room of ${spaceName.value} has this id. It was removed, or it is in another space.`
                : `You may look at the rooms of ${spaceName.value}. An admin can give you the editor role.`
            }
          >
            <a class="btn" href="/spaces">
              All rooms
            </a>
          </Empty>
        </div>
      )}
    </Shell>
  );
}
