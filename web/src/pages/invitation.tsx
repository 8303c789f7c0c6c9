// Follow an invitation: choose a password, make a passkey, or both. The secret stands behind the # of the address,
// which no server sees; it is taken out of the address bar as soon as it is read.

import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { signing } from "../api/signin";
import type { InvitedView } from "../api/types";
import { canPasskeys } from "../api/webauthn";
import { PASSWORD_LENGTH, passwordFault, repeatFault } from "../format/passwords";
import { sentence } from "../format/states";
import { exactly, toMs } from "../format/times";
import { hash, navigate, setHash } from "../state/location";
import { enter } from "../state/session";
import { Field } from "../widgets/controls";
import { Doorway } from "../widgets/doorway";
import { Mark } from "../widgets/icon";
import { deviceName } from "../widgets/passkey-name";

const takeSecret = (): string => {
  const secret = hash.peek();
  setHash("");
  return secret;
};

export function InvitationPage() {
  const [secret] = useState(takeSecret);
  const [shown, setShown] = useState<InvitedView | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    document.title = "Invitation · Muster";
    signing.invitation(secret).then(setShown, (failure: unknown) => setError(reasonOf(failure)));
  }, []);
  if (shown) return <Accept secret={secret} shown={shown} />;
  return (
    <Doorway title="Invitation" onSubmit={(event) => event.preventDefault()}>
      {error ? (
        <p class="bad-text" role="alert">
          <Mark name="crit" />
          <span>{error}</span>
        </p>
      ) : (
        <p class="soft">Reading the invitation</p>
      )}
      <a class="btn" href="/nodes">
        Sign in
      </a>
    </Doorway>
  );
}

function Accept({ secret, shown }: { secret: string; shown: InvitedView }) {
  const [texts, setTexts] = useState({ password: "", again: "" });
  const [faults, setFaults] = useState({ password: "", again: "" });
  const [error, setError] = useState("");
  const [busy, setBusy] = useState("");
  const passkeys = !shown.passkeys && canPasskeys();
  const accept = async (passkey: string) => {
    const wanted = texts.password || !passkey;
    const found = {
      password: wanted ? passwordFault(texts.password, "") : "",
      again: wanted ? repeatFault(texts.password, texts.again) : "",
    };
    setFaults(found);
    if (found.password || found.again) return;
    setBusy(passkey ? "passkey" : "password");
    setError("");
    try {
      await signing.accept(secret, texts.password || null, passkey);
      await enter();
      navigate("/nodes", true);
    } catch (failure) {
      setError(reasonOf(failure));
      setBusy("");
    }
  };
  const input = (name: "password" | "again") => ({
    type: "password" as const,
    autocomplete: "new-password",
    value: texts[name],
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) =>
      setTexts({ ...texts, [name]: event.currentTarget.value }),
  });
  return (
    <Doorway
      title={`Welcome, ${shown.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        void accept("");
      }}
    >
      <p>
        {shown.invited_by} invites you to {shown.hub}. Choose a password, make a passkey, or both; the
        invitation is good once, until {exactly(toMs(shown.expires_ns))}.
      </p>
      <input
        class="vh"
        autocomplete="username"
        aria-label="User name"
        value={shown.name}
        readOnly
        tabIndex={-1}
      />
      <Field
        label="Password"
        hint={`${PASSWORD_LENGTH.least} to ${PASSWORD_LENGTH.most} characters${passkeys ? "; may stay empty with a passkey" : ""}.`}
        error={faults.password}
        input={input("password")}
      />
      <Field label="Password again" error={faults.again} input={input("again")} />
      {error && (
        <p class="bad-text" role="alert">
          <Mark name="crit" />
          <span>{error}</span>
        </p>
      )}
      <button class="btn primary" type="submit" disabled={Boolean(busy)}>
        {busy === "password" ? "Signing in" : "Sign in with this password"}
      </button>
      {passkeys ? (
        <button class="btn" type="button" disabled={Boolean(busy)} onClick={() => void accept(deviceName())}>
          {busy === "passkey" ? "Waiting for your passkey" : "Make a passkey and sign in"}
        </button>
      ) : (
        <p class="soft">No passkey can be made here: {shown.passkeys || "this browser knows none"}.</p>
      )}
    </Doorway>
  );
}

function reasonOf(failure: unknown): string {
  if (failure instanceof ApiError && failure.status === 404)
    return "This invitation is used, revoked or expired. Ask who invited you for another.";
  return sentence(failure instanceof Error ? failure.message : String(failure));
}
