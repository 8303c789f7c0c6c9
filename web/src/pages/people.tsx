// People: who may sign in, as what, by which means; who was invited.

import { useEffect } from "preact/hooks";
import { param, setParams } from "../state/location";
import { loadPeople } from "../state/people";
import { isAdmin, spaceName } from "../state/session";
import { loadSpaces } from "../state/spaces";
import { Icon } from "../widgets/icon";
import { InvitationsCard } from "../widgets/invitations-card";
import { InviteSheet } from "../widgets/invite";
import { Shell } from "../widgets/shell";
import { Empty } from "../widgets/states";
import { UserDeed } from "../widgets/user-deeds";
import { UsersCard } from "../widgets/users-card";

export function PeoplePage() {
  const admin = isAdmin.value;
  useEffect(() => {
    if (!admin) return;
    void loadPeople();
    void loadSpaces();
  }, [admin]);
  const close = () => setParams({ do: "", user: "" }, true);
  return (
    <Shell settles title="People" crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "People" }]}>
      <div class="pagehead">
        <div>
          <h1>People</h1>
          <p>
            A viewer looks, an editor also names nodes and rooms, an admin may do everything in the space.
          </p>
        </div>
        {admin && (
          <div class="chips">
            <button type="button" class="btn" onClick={() => setParams({ do: "new" })}>
              New user
            </button>
            <button type="button" class="btn primary" onClick={() => setParams({ do: "invite" })}>
              <Icon name="plus" />
              Invite
            </button>
          </div>
        )}
      </div>
      {admin ? (
        <div class="stackv">
          <UsersCard />
          <InvitationsCard />
          {param("do") === "invite" && <InviteSheet onClose={close} />}
          {param("do") && param("do") !== "invite" && (
            <UserDeed deed={param("do")} id={param("user")} onClose={close} />
          )}
        </div>
      ) : (
        <div class="card">
          <Empty
            title="Only an admin sees who may sign in"
            text={`You are ${spaceName.value ? `no admin of ${spaceName.value}` : "no admin"}. An admin of it can give you the role.`}
          />
        </div>
      )}
    </Shell>
  );
}
