// The CA of other services, and the certificate that browsers see on this page.

import { useSignal } from "@preact/signals";
import { pki } from "../api/pki";
import { sentence } from "../format/states";
import { dated, exactly, roughly, toMs } from "../format/times";
import { now } from "../state/clock";
import { overview, web } from "../state/pki";
import { failed, toast } from "../state/toasts";
import { CliLine } from "./cli-line";
import { Button } from "./controls";
import { Deed } from "./dialog";
import { Badge } from "./icon";
import { saveText } from "./save";

export const PkiCards = () => (
  <div class="cols">
    <IssuerCard />
    <WebCard />
  </div>
);

function IssuerCard() {
  const known = overview.value;
  const asking = useSignal(false);
  return (
    <section class="card" aria-labelledby="issuer-h">
      <header>
        <h2 id="issuer-h">Their CA</h2>
        <a
          href="/pki/ca.pem"
          class="btn small"
          download="muster-services.pem"
          target="_blank"
          rel="noreferrer"
        >
          CA, PEM
        </a>
        <a
          href="/pki/crl.pem"
          class="btn small"
          download="muster-services-crl.pem"
          target="_blank"
          rel="noreferrer"
        >
          Revocation lists
        </a>
      </header>
      <div class="body stackv">
        {known?.issuers.length ? (
          <dl class="kv wide">
            {known.issuers.map((issuer, index) => [
              <dt key={issuer.sha256}>{index === 0 ? "Issues" : "Trusted"}</dt>,
              <dd key={`${issuer.sha256}.`} class="wrap" title={`SHA-256 ${issuer.sha256}`}>
                <b>{issuer.subject}</b>{" "}
                <span class="dim" title={exactly(toMs(issuer.not_after_ns))}>
                  until {dated(toMs(issuer.not_after_ns), now.value)}
                </span>
              </dd>,
            ])}
          </dl>
        ) : (
          <p class="soft">It is made with the first certificate. A CA of your own can take its place:</p>
        )}
        <CliLine text="muster pki import DIR" title="Bring along ca, server and client, each .key and .cer" />
      </div>
      <div class="acts2">
        <p>Bundles, for programs that want a list of the certificates that are good now:</p>
        <Button onClick={() => saveBundle("clients")}>Clients, PEM</Button>
        <Button onClick={() => saveBundle("servers")}>Servers, PEM</Button>
        <Button onClick={() => (asking.value = true)}>New CA…</Button>
      </div>
      {asking.value && (
        <Deed
          title="Let a new CA issue?"
          consequence="The one of now stays trusted and keeps its revocation list; whoever is to trust the next certificates needs the new CA too."
          keep="Keep the one of now"
          deed="Make a new CA"
          cli="muster pki new-ca"
          onClose={() => (asking.value = false)}
          onDeed={async () => {
            overview.value = await pki.newIssuer();
          }}
        />
      )}
    </section>
  );
}

function saveBundle(of: "clients" | "servers"): void {
  pki.bundle(of).then(
    ({ pem }) =>
      pem
        ? saveText(`muster-${of}.pem`, pem, "application/x-pem-file")
        : toast(`No certificate of ${of} is good now.`),
    (error: unknown) => failed("The bundle was not read", error),
  );
}

const SOURCES: Record<string, string> = {
  own: "from this hub's CA: browsers trust it once they trust the root",
  files: "brought along; loaded anew when its files change",
  acme: "by ACME, renewed by itself",
};

function WebCard() {
  const asking = useSignal(false);
  const shown = web.value;
  if (!shown) return null;
  const left = (toMs(shown.not_after_ns) - now.value) / 1000;
  return (
    <section class="card" aria-labelledby="web-h">
      <header>
        <h2 id="web-h">What browsers see</h2>
        <Badge name={shown.fault || left < 0 ? "warn" : "ok"}>
          {shown.fault ? "Needs you" : left < 0 ? "Ended" : "In force"}
        </Badge>
      </header>
      <div class="body stackv">
        {shown.fault && (
          <p class="note warn">
            <span>{sentence(shown.fault)}</span>
          </p>
        )}
        <dl class="kv">
          <dt>Comes</dt>
          <dd class="wrap">{SOURCES[shown.source] ?? shown.source}</dd>
          <dt>Names</dt>
          <dd class="wrap">{shown.names.join(", ")}</dd>
          <dt>Ends</dt>
          <dd title={exactly(toMs(shown.not_after_ns))}>
            {dated(toMs(shown.not_after_ns), now.value)}, in {roughly(Math.max(0, left))}
          </dd>
          {shown.next_ns > 0 && [
            <dt key="next">Next</dt>,
            <dd key="next.">renewal {dated(toMs(shown.next_ns), now.value)}</dd>,
          ]}
        </dl>
      </div>
      <div class="acts2">
        <p>
          {shown.source === "own"
            ? "How to trust the root on each platform:"
            : "Its renewal is in the audit log."}
        </p>
        {shown.source === "own" && (
          <a class="btn" href="/trust">
            Trust this hub
          </a>
        )}
        {shown.source === "acme" && (
          <button type="button" class="btn" onClick={() => (asking.value = true)}>
            Renew now…
          </button>
        )}
      </div>
      {asking.value && (
        <Deed
          title="Renew by ACME now?"
          consequence="The CA is asked for another certificate; CAs allow only some per week. The present one stays until the new one is there."
          keep="Wait"
          deed="Renew it"
          cli="muster pki web --renew"
          onClose={() => (asking.value = false)}
          onDeed={async () => {
            web.value = await pki.renewWeb();
          }}
        />
      )}
    </section>
  );
}
