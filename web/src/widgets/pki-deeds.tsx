// What is done about one certificate of another service: show, renew from a new request, revoke.

import { useState } from "preact/hooks";
import { pki } from "../api/pki";
import type { RevokeReason, ServiceView } from "../api/types";
import { sentence } from "../format/states";
import { certificates, loadPki } from "../state/pki";
import { cli } from "./cli-line";
import { Segments, TextArea } from "./controls";
import { Deed, Dialog } from "./dialog";
import { MadeCertificate } from "./pki-made";
import { useRead } from "./use-read";

interface PkiDeedProps {
  deed: string; // as the address says: show, renew, revoke
  id: string;
  onClose: () => void;
}

export function PkiDeed({ deed, id, onClose }: PkiDeedProps) {
  const each = certificates.value?.find((known) => known.id === id);
  if (!each) return null;
  if (deed === "show") return <Show each={each} onClose={onClose} />;
  if (deed === "renew") return <Renew each={each} onClose={onClose} />;
  if (deed === "revoke") return <Revoke each={each} onClose={onClose} />;
  return null;
}

interface OneProps {
  each: ServiceView;
  onClose: () => void;
}

function Show({ each, onClose }: OneProps) {
  const { data, error } = useRead(() => pki.certificate(each.id));
  if (data) return <MadeCertificate made={data} onClose={onClose} />;
  return (
    <Dialog title={`Certificate of ${each.name}`} onClose={onClose}>
      <p class={error ? "bad-text" : ""}>{error ? sentence(error) : "Reading it."}</p>
    </Dialog>
  );
}

function Renew({ each, onClose }: OneProps) {
  const [made, setMade] = useState<ServiceView | null>(null);
  const [request, setRequest] = useState("");
  if (made) return <MadeCertificate made={made} onClose={onClose} />;
  const renew = async () => {
    setMade(await pki.renew(each.id, request));
    void loadPki();
    return false;
  };
  return (
    <Deed
      wide
      title={`Renew ${each.name}`}
      consequence={`Another certificate with its names and usage, for the key of this request. The one before is good until its end, unless you revoke it.`}
      keep="Cancel"
      deed={`Renew ${each.name}`}
      ready={request.includes("BEGIN")}
      cli={cli("muster", "pki", "renew", each.id, "--csr", `${each.name}.csr`)}
      onClose={onClose}
      onDeed={renew}
    >
      <TextArea label="Request, PEM" hint="Best of a new key." value={request} onValue={setRequest} />
    </Deed>
  );
}

const REASONS = [
  ["unspecified", "None said"],
  ["key_compromise", "Key known"],
  ["superseded", "Replaced"],
  ["cessation_of_operation", "Not in use"],
] as const satisfies readonly (readonly [RevokeReason, string])[];

function Revoke({ each, onClose }: OneProps) {
  const [reason, setReason] = useState<RevokeReason>("unspecified");
  return (
    <Deed
      title={`Revoke ${each.name}?`}
      consequence="It goes on the revocation list at once. Who does not read that list takes it until its end."
      keep="Keep it"
      deed={`Revoke ${each.name}`}
      danger
      cli={cli("muster", "pki", "revoke", each.id, "--reason", reason)}
      onClose={onClose}
      onDeed={() => pki.revoke(each.id, reason).then(loadPki)}
    >
      <div class="field">
        <b>Reason</b>
        <Segments<RevokeReason> label="Reason" value={reason} options={REASONS} onChange={setReason} />
      </div>
    </Deed>
  );
}
