// Before a dangerous deed the hub may want to see the passkey again: ask, then let the call go on.

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { whenStepUp } from "../api/client";
import { signing } from "../api/signin";
import { sentence } from "../format/states";
import { signOut } from "../state/session";
import { Dialog } from "./dialog";
import { Mark } from "./icon";

interface Waiting {
  done: () => void;
  refuse: (error: Error) => void;
}

const waiting = signal<Waiting[]>([]);

whenStepUp(
  () =>
    new Promise<void>((done, refuse) => {
      waiting.value = [...waiting.peek(), { done, refuse }];
    }),
);

function settle(act: (each: Waiting) => void): void {
  const all = waiting.peek();
  waiting.value = [];
  for (const each of all) act(each);
}

export function StepUp() {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  if (!waiting.value.length) return null;
  const close = () => {
    setError("");
    settle(({ refuse }) => refuse(new Error("you did not show your passkey")));
  };
  const show = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      await signing.stepUp();
      settle(({ done }) => done());
    } catch (failure) {
      setError(sentence(failure instanceof Error ? failure.message : String(failure)));
    }
    setBusy(false);
  };
  return (
    <Dialog title="Show your passkey" onClose={close}>
      <form onSubmit={show}>
        <p>This is not easily undone, and you signed in a while ago. Show that it is still you.</p>
        {error && (
          <p class="bad-text" role="alert">
            <Mark name="crit" />
            <span>{error}</span>
          </p>
        )}
        <div class="deeds">
          <button type="button" class="btn quiet" onClick={() => void signOut()}>
            Sign in anew instead
          </button>
          <button type="button" class="btn" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="btn primary" autofocus disabled={busy}>
            {busy ? "Waiting for your passkey" : "Show the passkey"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
