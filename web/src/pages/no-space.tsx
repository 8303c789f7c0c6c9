// An address that names a space which is not there, or in which one has no role.

import { enterSpace, spaceInPath } from "../state/location";
import { ownSpaces } from "../state/session";
import { switchSpace } from "../state/spaces";
import { Empty } from "../widgets/states";

export const NoSpace = () => (
  <main class="alone">
    <h1 class="vh">No such space</h1>
    <div class="card">
      <Empty
        title={
          ownSpaces.value.length
            ? `No space of yours is called ${spaceInPath.value}`
            : "You have no role in any space"
        }
        text={
          ownSpaces.value.length
            ? "It has another name now, was removed, or you have no role in it. An admin of it can give you one."
            : "An admin can give you one; then load this page again."
        }
      >
        {ownSpaces.value.map((space) => (
          <button type="button" class="btn" key={space.id} onClick={() => switchSpace(space.id, "/nodes")}>
            Go to {space.name}
          </button>
        ))}
        {!ownSpaces.value.length && (
          <button type="button" class="btn" onClick={() => enterSpace("", "/account")}>
            Your account
          </button>
        )}
      </Empty>
    </div>
  </main>
);
