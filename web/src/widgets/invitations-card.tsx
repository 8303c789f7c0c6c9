// Invitations: open ones with their end, and those that were used, ended or ran out.

import { useSignal } from "@preact/signals";
import { people } from "../api/people";
import type { InvitationView } from "../api/types";
import { exactly, roughly, since, toMs } from "../format/times";
import { now } from "../state/clock";
import { invitations, loadPeople, roleLines, users } from "../state/people";
import { cli } from "./cli-line";
import { Chip } from "./controls";
import { Deed } from "./dialog";
import { Empty } from "./states";
import { RoleTags } from "./users-card";

/** How an invitation ended; "" while its link opens. */
export function invitationEnd(each: InvitationView, nowMs: number): "" | "used" | "revoked" | "expired" {
  if (each.used_ns) return "used";
  if (each.revoked_ns) return "revoked";
  return toMs(each.expires_ns) <= nowMs ? "expired" : "";
}

export function InvitationsCard() {
  const ended = useSignal(false);
  const ending = useSignal<InvitationView | null>(null);
  const all = invitations.value;
  const over = all.filter((each) => invitationEnd(each, now.value));
  const open = all.filter((each) => !invitationEnd(each, now.value));
  const list = ended.value ? over : open;
  if (!users.value) return null; // both are read as one, and the users' card says what is amiss
  return (
    <section class="card" aria-labelledby="invitations-h">
      <header>
        <h2 id="invitations-h">Invitations</h2>
        <Chip pressed={!ended.value} onClick={() => (ended.value = false)}>
          Open {open.length}
        </Chip>
        <Chip pressed={ended.value} onClick={() => (ended.value = true)}>
          Ended {over.length}
        </Chip>
      </header>
      {list.length ? (
        <table class="rows">
          <thead>
            <tr>
              {["For", "Roles", ended.value ? "Ended" : "Opens until", "By"].map((name) => (
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
            {list.map((each) => (
              <Row key={each.id} each={each} onEnd={() => (ending.value = each)} />
            ))}
          </tbody>
        </table>
      ) : (
        <Empty
          title={ended.value ? "No invitation has ended yet" : "No invitation is open"}
          text="Invite a person: they follow a link once, choose how they sign in, and are in with the roles you gave."
        />
      )}
      {ending.value && (
        <Deed
          title={`End the invitation of ${ending.value.name}?`}
          consequence="Its link opens nothing from now on."
          keep="Keep it"
          deed={`End it for ${ending.value.name}`}
          danger
          cli={cli("muster", "user", "invitation", "revoke", ending.value.id)}
          onClose={() => (ending.value = null)}
          onDeed={() => people.revokeInvitation(ending.value?.id ?? "").then(loadPeople)}
        />
      )}
    </section>
  );
}

function Row({ each, onEnd }: { each: InvitationView; onEnd: () => void }) {
  const end = invitationEnd(each, now.value);
  const left = (toMs(each.expires_ns) - now.value) / 1000;
  return (
    <tr>
      <td>
        <b>{each.name}</b>
      </td>
      <td>
        <RoleTags lines={roleLines(each)} />
      </td>
      <td class="soft" data-k={end ? "" : "Opens"} title={exactly(toMs(each.expires_ns))}>
        {end
          ? `${end} ${since(toMs(each.used_ns || each.revoked_ns || each.expires_ns), now.value)}`
          : `for ${roughly(left)} more`}
      </td>
      <td class="soft" data-k="By">
        {each.created_by}
      </td>
      <td class="num">
        {!end && (
          <button type="button" class="btn small danger" onClick={onEnd}>
            End now…
          </button>
        )}
      </td>
    </tr>
  );
}
