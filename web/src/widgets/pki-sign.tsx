// Issuing from a request: only the key of the request counts, all else is said here.

import { useState } from "preact/hooks";
import { pki } from "../api/pki";
import type { ServiceView } from "../api/types";
import { spanOption } from "../format/lifetimes";
import { commandLine, repeated } from "../format/shell";
import { loadPki } from "../state/pki";
import { Field, Segments, TextArea } from "./controls";
import { Deed } from "./dialog";
import { MadeCertificate } from "./pki-made";

const LIVES = [
  ["2592000", "30 days"],
  ["7776000", "90 days"],
  ["31536000", "1 year"],
  ["63072000", "2 years"],
] as const;

const USES = [
  ["server", "Server"],
  ["client", "Client"],
  ["both", "Both"],
] as const;

/** Names as they are typed, addresses told from host names as the command line wants them. */
export function nameOptions(names: readonly string[]): string[] {
  const isAddress = (name: string) => /^[\d.]+$/.test(name) || name.includes(":");
  return [
    ...repeated(
      "--dns",
      names.filter((name) => !isAddress(name)),
    ),
    ...repeated("--ip", names.filter(isAddress)),
  ];
}

export const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

export function PkiSign({ onClose }: { onClose: () => void }) {
  const [made, setMade] = useState<ServiceView | null>(null);
  const [request, setRequest] = useState("");
  const [typed, setTyped] = useState("");
  const [use, setUse] = useState<(typeof USES)[number][0]>("server");
  const [life, setLife] = useState<(typeof LIVES)[number][0]>("7776000");
  if (made) return <MadeCertificate made={made} onClose={onClose} />;
  const names = wordsOf(typed);
  const [server, client] = [use !== "client", use !== "server"];
  const sign = async () => {
    const wanted = { request, names, server, client, lifetime_s: Number(life), name: names[0] ?? "" };
    setMade(await pki.sign(wanted));
    void loadPki();
    return false;
  };
  const usage = [...(server ? ["--server"] : []), ...(client ? ["--client", names[0] ?? "NAME"] : [])];
  return (
    <Deed
      wide
      title="Issue from a request"
      consequence="Of the request only its key is read; its subject and extensions are not. The key never leaves the machine that made it."
      keep="Cancel"
      deed="Issue the certificate"
      ready={request.includes("BEGIN") && names.length > 0}
      cli={commandLine(
        "muster",
        "pki",
        "sign",
        "request.csr",
        usage,
        nameOptions(names),
        "--lifetime",
        spanOption(Number(life)),
      )}
      onClose={onClose}
      onDeed={sign}
    >
      <Field
        label="Names it bears"
        hint="Host names and addresses: nas.lan, 10.0.0.7. The first is what it is called here."
        input={{
          value: typed,
          maxLength: 8_000,
          autofocus: true,
          autocomplete: "off",
          spellcheck: false,
          class: "mono",
          onInput: (event) => setTyped(event.currentTarget.value),
        }}
      />
      <TextArea
        label="Request, PEM"
        hint="openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout nas.key -subj / -out nas.csr"
        value={request}
        onValue={setRequest}
      />
      <div class="field">
        <b>For</b>
        <Segments label="For" value={use} options={USES} onChange={setUse} />
      </div>
      <div class="field">
        <b>Good for</b>
        <Segments label="Good for" value={life} options={LIVES} onChange={setLife} />
      </div>
    </Deed>
  );
}
