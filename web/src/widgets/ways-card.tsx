// One's own identities at providers: which sign in as one, link another, unlink.

import { useSignal } from "@preact/signals";
import { signing } from "../api/signin";
import type { IdentityView, WaysView } from "../api/types";
import { sentence } from "../format/states";
import { exactly, since, toMs } from "../format/times";
import { now } from "../state/clock";
import { failed } from "../state/toasts";
import { Deed } from "./dialog";
import { Icon, Mark } from "./icon";
import { ErrorNote } from "./states";
import type { Read } from "./use-read";

const FAILED: Record<string, string> = {
  linked_elsewhere: "That identity belongs to another user of this hub.",
  session: "You signed out meanwhile.",
  sign_in_again: "You signed in a while ago: sign out, sign in, and link it then.",
  step_up_required: "Show your passkey first.",
  provider: "The provider did not agree.",
  state: "It took too long, or was begun in another window.",
  unavailable: "The provider does not answer.",
};

/** What a link that came back with nothing is told by. */
export const linkFailedText = (reason: string): string =>
  `Nothing was linked. ${FAILED[reason] ?? `The provider's answer did not hold (${reason}).`}`;

/** Nothing at all on a hub without providers. */
export function WaysCard({ ways: { data, error, again } }: { ways: Read<WaysView> }) {
  const ending = useSignal<IdentityView | null>(null);
  const leaving = useSignal("");
  if (error && !data)
    return (
      <ErrorNote
        title="The ways to sign in could not be read"
        text={sentence(error)}
        onRetry={() => void again()}
      />
    );
  if (!data || (!data.identities.length && !data.providers.length)) return null;
  const reason = new URLSearchParams(location.search).get("failed");
  const link = (name: string) => {
    leaving.value = name;
    signing.mayAddWay().then(
      () => location.assign(signing.linkAddress(name)),
      (failure: unknown) => {
        leaving.value = "";
        failed("Nothing was linked", failure);
      },
    );
  };
  return (
    <section class="card" aria-labelledby="ways-h">
      <header>
        <h2 id="ways-h">Ways to sign in</h2>
        {data.providers.map((each) => (
          <button
            key={each.name}
            type="button"
            class="btn small"
            disabled={Boolean(leaving.value)}
            onClick={() => link(each.name)}
          >
            <Icon name="leave" />
            {leaving.value === each.name ? `Going to ${each.label}` : `Link ${each.label}`}
          </button>
        ))}
      </header>
      {reason && (
        <p class="body bad-text" role="alert">
          <Mark name="crit" />
          <span>{linkFailedText(reason)}</span>
        </p>
      )}
      {data.identities.length > 0 ? (
        <Table list={data.identities} onEnd={(each) => (ending.value = each)} />
      ) : (
        <p class="body soft">Link who you are at a provider, and sign in by it as the user you are here.</p>
      )}
      {ending.value && (
        <Deed
          title={`Unlink ${ending.value.label}?`}
          consequence="It signs in as you no more, and the sessions it began end."
          keep="Keep it"
          deed={`Unlink ${ending.value.label}`}
          danger
          onClose={() => (ending.value = null)}
          onDeed={() => signing.unlink(ending.value?.id ?? "").then(again)}
        />
      )}
    </section>
  );
}

const Table = ({ list, onEnd }: { list: IdentityView[]; onEnd: (each: IdentityView) => void }) => (
  <table class="tokens">
    <thead>
      <tr>
        <th scope="col">Provider</th>
        <th scope="col">Last use</th>
        <th scope="col">
          <span class="vh">Actions</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {list.map((each) => (
        <tr key={each.id}>
          <td title={`Since ${exactly(toMs(each.created_ns))}`}>
            {each.label}
            <span class="sub">{each.linked ? "linked by you" : "made you a user here"}</span>
          </td>
          <td class={each.used_ns ? "soft" : "dim"}>
            <span class="label">Last use </span>
            {each.used_ns ? since(toMs(each.used_ns), now.value) : "never"}
          </td>
          <td class="num">
            {each.linked && (
              <button type="button" class="btn small danger" onClick={() => onEnd(each)}>
                Unlink…
              </button>
            )}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
