// What one does about one's passkeys: make, rename, remove.

import { useState } from "preact/hooks";
import { signing } from "../api/signin";
import type { PasskeyView } from "../api/types";
import { Field } from "./controls";
import { Deed } from "./dialog";
import { deviceName } from "./passkey-name";

export type Doing = { deed: "make" } | { deed: "rename" | "remove"; passkey: PasskeyView };

interface PasskeyDeedProps {
  doing: Doing;
  onClose: () => void;
  again: () => Promise<void>;
}

export function PasskeyDeed({ doing, onClose, again }: PasskeyDeedProps) {
  const [name, setName] = useState(doing.deed === "make" ? deviceName() : doing.passkey.name);
  if (doing.deed === "remove")
    return (
      <Deed
        title={`Remove ${doing.passkey.name}?`}
        consequence="It opens nothing here any more. Remove it from the device too: the hub cannot."
        keep="Keep it"
        deed={`Remove ${doing.passkey.name}`}
        danger
        onClose={onClose}
        onDeed={() => signing.removePasskey(doing.passkey.id).then(again)}
      />
    );
  const making = doing.deed === "make";
  const act = () =>
    (making ? signing.makePasskey(name.trim()) : signing.renamePasskey(doing.passkey.id, name.trim())).then(
      again,
    );
  return (
    <Deed
      title={making ? "New passkey" : `Rename ${doing.passkey.name}`}
      consequence={
        making
          ? "The browser asks which device keeps it: this one, a phone, a security key."
          : "The name is for you alone."
      }
      keep="Cancel"
      deed={making ? "Make the passkey" : "Rename it"}
      onClose={onClose}
      onDeed={act}
    >
      <Field
        label="Name"
        hint="So that you know it again: the device that keeps it."
        input={{
          value: name,
          required: true,
          maxLength: 100,
          autofocus: true,
          autocomplete: "off",
          onInput: (event) => setName(event.currentTarget.value),
        }}
      />
    </Deed>
  );
}
