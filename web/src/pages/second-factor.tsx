// A session that is begun and lacks its second factor: show the passkey, or make the first one.

import { useEffect, useState } from "preact/hooks";
import { signing } from "../api/signin";
import { sentence } from "../format/states";
import { enter, factor, signOut } from "../state/session";
import { Field } from "../widgets/controls";
import { Doorway } from "../widgets/doorway";
import { Mark } from "../widgets/icon";
import { deviceName } from "../widgets/passkey-name";

const TEXT = {
  show: "So far so good. This hub wants to see your passkey too.",
  make: "Signing in here takes a passkey too. Make yours now: this device, a phone or a security key keeps it.",
};

export function SecondFactor() {
  const making = factor.value === "make";
  const [name, setName] = useState(deviceName());
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = "Sign in · Muster";
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      await (making ? signing.makePasskey(name.trim()) : signing.stepUp());
      await enter();
    } catch (failure) {
      setError(sentence(failure instanceof Error ? failure.message : String(failure)));
      setBusy(false);
    }
  };
  return (
    <Doorway title={making ? "Make a passkey" : "Show your passkey"} onSubmit={submit}>
      <p>{making ? TEXT.make : TEXT.show}</p>
      {making && (
        <Field
          label="Name of the passkey"
          hint="So that you know it again: the device that keeps it."
          input={{
            value: name,
            required: true,
            maxLength: 100,
            autocomplete: "off",
            onInput: (event) => setName(event.currentTarget.value),
          }}
        />
      )}
      {error && (
        <p class="bad-text" role="alert">
          <Mark name="crit" />
          <span>{error}</span>
        </p>
      )}
      <button class="btn primary" type="submit" disabled={busy}>
        {busy ? "Waiting for your passkey" : making ? "Make the passkey" : "Show the passkey"}
      </button>
      <button class="btn quiet" type="button" onClick={() => void signOut()}>
        Sign in as somebody else
      </button>
    </Doorway>
  );
}
