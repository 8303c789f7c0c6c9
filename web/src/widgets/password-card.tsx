// One's own password: the old one proves who asks; the new one ends every session, this one too.

import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { PASSWORD_LENGTH, passwordFault, repeatFault } from "../format/passwords";
import { sentence } from "../format/states";
import { changePassword, userName } from "../state/session";
import { Button, Field } from "./controls";

type Name = "old" | "wanted" | "again";
type Texts = Record<Name, string>;
const EMPTY: Texts = { old: "", wanted: "", again: "" };

export function PasswordCard() {
  const [texts, setTexts] = useState(EMPTY);
  const [faults, setFaults] = useState(EMPTY);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const found = faultsOf(texts);
    setFaults(found);
    if (Object.values(found).some(Boolean)) return;
    setBusy(true);
    try {
      await changePassword(texts.old, texts.wanted);
    } catch (failure) {
      setFaults({ ...EMPTY, ...refusalOf(failure) });
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
    onBlur: () => setFaults({ ...faults, [name]: texts[name] && faultsOf(texts)[name] }),
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
        <Field label="Present password" error={faults.old} input={input("old")} />
        <Field
          label="New password"
          hint={`${PASSWORD_LENGTH.least} to ${PASSWORD_LENGTH.most} characters.`}
          error={faults.wanted}
          input={input("wanted")}
        />
        <Field label="New password again" error={faults.again} input={input("again")} />
        <p class="soft">
          The change ends every session of yours, here and in other browsers; you then sign in with the new
          one. API tokens stay valid.
        </p>
        <div class="chips">
          <Button kind="primary" type="submit" disabled={busy}>
            {busy ? "Changing" : "Change the password"}
          </Button>
        </div>
      </form>
    </section>
  );
}

const faultsOf = ({ old, wanted, again }: Texts): Texts => ({
  old: old ? "" : "Nothing is written here. The present password shows that it is you who asks.",
  wanted: passwordFault(wanted, old),
  again: repeatFault(wanted, again),
});

/** Under which field a refusal belongs. */
function refusalOf(failure: unknown): Partial<Texts> {
  if (!(failure instanceof ApiError)) return { again: String(failure) };
  if (failure.status === 403) return { old: "This is not your present password. Capital letters count." };
  return { [failure.status === 400 ? "wanted" : "old"]: `Not changed. ${sentence(failure.message)}` };
}
