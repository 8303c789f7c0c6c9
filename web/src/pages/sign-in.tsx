// Sign in. The address stays, so that after signing in one sees what one came for.

import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { sentence } from "../format/states";
import { ended, lastName, signIn } from "../state/session";
import { Field } from "../widgets/controls";
import { Horizon } from "../widgets/horizon";
import { Icon, Logo } from "../widgets/icon";
import { SignInWays } from "../widgets/sign-in-ways";

const ENDED = {
  expired: "Your session has ended. Sign in again to go on where you were.",
  password:
    "Your password is changed. All your sessions have ended, here and in every other browser: sign in with the new one.",
};

export function SignIn() {
  const [name, setName] = useState(lastName.value);
  const [password, setPassword] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    document.title = "Sign in · Muster";
    form.current?.querySelector<HTMLInputElement>("input[type=password]")?.focus();
  }, []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      await signIn(name.trim(), password);
    } catch (failure) {
      setError(reasonOf(failure));
      setBusy(false);
      form.current?.querySelector<HTMLInputElement>("input[type=password]")?.select();
    }
  };
  return (
    <div class="login">
      <main>
        <form ref={form} onSubmit={submit}>
          <div class="brandline">
            <Logo />
            <div>
              <h1>Sign in to Muster</h1>
              <span class="soft">{location.host}</span>
            </div>
          </div>
          {ended.value && (
            <p class="note" role="status">
              <Icon name={ended.value === "password" ? "check" : "clock"} />
              <span>{ENDED[ended.value]}</span>
            </p>
          )}
          <Field
            label="User name"
            input={{
              name: "user",
              autocomplete: "username",
              required: true,
              value: name,
              onInput: (event) => setName(event.currentTarget.value),
            }}
          />
          <Field
            label="Password"
            error={error}
            hint={
              <>
                First start: see <code>admin-password</code> in the hub's data folder.
              </>
            }
            input={{
              name: "password",
              type: "password",
              autocomplete: "current-password",
              required: true,
              value: password,
              onInput: (event) => setPassword(event.currentTarget.value),
            }}
          />
          <button class="btn primary" type="submit" disabled={busy}>
            {busy ? "Signing in" : "Sign in"}
          </button>
          <SignInWays />
        </form>
      </main>
      <div>
        <Horizon />
        <footer>
          <span>
            No page can vouch for itself. Is this your hub? Compare the certificate your browser shows with{" "}
            <code>muster ca show</code>. <a href="/trust">How to trust its root</a>.
          </span>
        </footer>
      </div>
    </div>
  );
}

function reasonOf(failure: unknown): string {
  if (!(failure instanceof ApiError)) return String(failure);
  if (failure.status === 401) return "Name and password do not match. Check both; capital letters count.";
  return sentence(failure.message);
}
