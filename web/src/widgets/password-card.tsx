// One's own password: the old one proves who asks; the new one ends every session, this one too.
// Who has none yet sets a first one, right after a sign-in, and goes on.

import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { signing } from "../api/signin";
import { PASSWORD_LENGTH, passwordFault, repeatFault } from "../format/passwords";
import { sentence } from "../format/states";
import { changePassword, userName } from "../state/session";
import { toast } from "../state/toasts";
import { Button, Field } from "./controls";

type Name = "old" | "wanted" | "again";
type Texts = Record<Name, string>;
const EMPTY: Texts = { old: "", wanted: "", again: "" };

interface PasswordCardProps {
  first: boolean;
  onSet: () => Promise<void>;
}

export function PasswordCard({ first, onSet }: PasswordCardProps) {
  const [texts, setTexts] = useState(EMPTY);
  const [faults, setFaults] = useState(EMPTY);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const found = faultsOf(texts, first);
    setFaults(found);
    if (Object.values(found).some(Boolean)) return;
    setBusy(true);
    try {
      if (first) {
        await signing.firstPassword(texts.wanted);
        toast("Your password is set.");
        setTexts(EMPTY);
        setBusy(false);
        await onSet();
      } else await changePassword(texts.old, texts.wanted);
    } catch (failure) {
      setFaults({ ...EMPTY, ...(first ? { wanted: notSet(failure) } : refusalOf(failure)) });
      setBusy(false);
    }
  };
  const input = (name: Name) => ({
    name,
    type: "password" as const,
    autocomplete: name === "old" ? "current-password" : "new-password",
    value: texts[name],
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) =>
      setTexts({ ...texts, [name]: event.currentTarget.value }),
    // Checked on leaving; an empty field is not yet wrong.
    onBlur: () => setFaults({ ...faults, [name]: texts[name] && faultsOf(texts, first)[name] }),
  });
  return (
    <section class="card" aria-labelledby="pw-h">
      <header>
        <h2 id="pw-h">Password</h2>
      </header>
      <form class="body stackv" onSubmit={submit} noValidate>
        {/* Tells a password manager whose password this is. */}
        <input
          class="vh"
          autocomplete="username"
          aria-label="User name"
          value={userName.value}
          readOnly
          tabIndex={-1}
        />
        {!first && <Field label="Present password" error={faults.old} input={input("old")} />}
        <Field
          label="New password"
          hint={`${PASSWORD_LENGTH.least} to ${PASSWORD_LENGTH.most} characters.`}
          error={faults.wanted}
          input={input("wanted")}
        />
        <Field label="New password again" error={faults.again} input={input("again")} />
        <p class="soft">
          {first
            ? "You have none yet. With one you sign in by your name too."
            : "The change ends every session of yours, here and in other browsers; you then sign in with the new one. API tokens stay valid."}
        </p>
        <div class="chips">
          <Button kind="primary" type="submit" disabled={busy}>
            {first ? (busy ? "Setting" : "Set a password") : busy ? "Changing" : "Change the password"}
          </Button>
        </div>
      </form>
    </section>
  );
}

const faultsOf = ({ old, wanted, again }: Texts, first: boolean): Texts => ({
  old: old || first ? "" : "Nothing is written here. The present password shows that it is you who asks.",
  wanted: passwordFault(wanted, old),
  again: repeatFault(wanted, again),
});

const notSet = (failure: unknown): string =>
  `Not set. ${sentence(failure instanceof Error ? failure.message : String(failure))}`;

/** Under which field a refusal belongs. */
function refusalOf(failure: unknown): Partial<Texts> {
  if (!(failure instanceof ApiError)) return { again: String(failure) };
  if (failure.status === 403) return { old: "This is not your present password. Capital letters count." };
  return { [failure.status === 400 ? "wanted" : "old"]: `Not changed. ${sentence(failure.message)}` };
}
