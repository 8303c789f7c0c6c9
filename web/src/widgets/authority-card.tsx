// The certificate authority: roots, what each has issued, where the root's key lies. All of it is public.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { CaView, CertificateView } from "../api/types";
import { sentence } from "../format/states";
import { dated, exactly, roughly, toMs } from "../format/times";
import { authority, authorityError, loadAuthority, renewIssuers } from "../state/authority";
import { now } from "../state/clock";
import { isHubAdmin } from "../state/spaces";
import { Tag } from "./controls";
import { Deed } from "./dialog";
import { Fingerprint } from "./fingerprint";
import { Badge } from "./icon";
import { ErrorNote } from "./states";

const SOON_DAYS = 60;

export function AuthorityCard() {
  const renewing = useSignal(false);
  useEffect(() => void loadAuthority(), []);
  const ca = authority.value;
  if (!ca)
    return authorityError.value ? (
      <ErrorNote
        title="The authority could not be read"
        text={sentence(authorityError.value)}
        onRetry={() => void loadAuthority()}
      />
    ) : null;
  const offline = ca.root_key === "offline";
  return (
    <section class="card" aria-labelledby="ca-h">
      <header>
        <h2 id="ca-h">Certificate authority</h2>
        <Verdict ca={ca} />
      </header>
      <div class="body stackv">
        {ca.warnings.map((text) => (
          <p class="note warn" key={text}>
            <span>{sentence(text)}</span>
          </p>
        ))}
        <ul class="tree">
          {ca.roots.map((root, index) => (
            <li key={root.sha256}>
              <Certificate view={root} kind="Root" tag={roleOf(ca, index)} />
              {index === 0 && (
                <ul>
                  {ca.issuers.map((issuer) => (
                    <li key={issuer.sha256}>
                      <Certificate view={issuer} kind="Issuing CA" />
                    </li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ul>
        <dl class="kv wide">
          <dt>Root's key</dt>
          <dd class="wrap">{keyText(ca)}</dd>
          {ca.pins.map((pin) => [
            <dt key={pin}>Pin in tokens</dt>,
            <Fingerprint key={`${pin}.`} hex={pin} />,
          ])}
          <dt>Revoked</dt>
          <dd class="wrap">
            <a href="/crl.pem" download="muster-crl.pem" target="_blank" rel="noreferrer">
              Revocation lists
            </a>{" "}
            <span class="dim">one per issuing CA, made anew with each revocation and daily</span>
          </dd>
        </dl>
      </div>
      <div class="acts2">
        <p>
          Compare with <code>muster ca show</code> on the hub's machine. A token carries the pin, so that a
          machine knows its hub before it says anything.{" "}
          <a href="/trust">How to trust the root in browsers</a>.
        </p>
        {isHubAdmin.value && !offline && (
          <button type="button" class="btn" onClick={() => (renewing.value = true)}>
            Renew issuing CAs…
          </button>
        )}
      </div>
      {renewing.value && (
        <Deed
          title="Renew the issuing CAs?"
          consequence="Both get new keys and certificates under the same root. Nodes keep what they have and renew as usual; nothing breaks."
          keep="Leave them"
          deed="Renew them"
          cli="muster ca renew"
          onClose={() => (renewing.value = false)}
          onDeed={renewIssuers}
        />
      )}
    </section>
  );
}

function Verdict({ ca }: { ca: CaView }) {
  const first = Math.min(...[...ca.roots, ...ca.issuers].map((each) => toMs(each.not_after_ns)));
  const days = (first - now.value) / 86_400_000;
  if (ca.warnings.length) return <Badge name="warn">Needs you</Badge>;
  if (days < SOON_DAYS) return <Badge name="warn">Ends in {roughly(days * 86_400)}</Badge>;
  return <Badge name="ok">In force</Badge>;
}

function roleOf(ca: CaView, index: number): string {
  if (ca.phase === "steady") return "";
  if (index === 0) return "signs";
  return ca.phase === "prepared" ? "next, trusted already" : "old, still trusted";
}

function keyText(ca: CaView): string {
  if (ca.root_key === "offline")
    return "kept offline. Steps that need it are taken on the hub's machine, with --root-key FILE.";
  const copy = ca.exported_ns
    ? `A copy was exported ${dated(toMs(ca.exported_ns), now.value)}; muster ca root remove takes this one off.`
    : "To keep it elsewhere: muster ca root export FILE, then muster ca root remove.";
  return `on this hub, in the signer's folder. ${copy}`;
}

interface CertificateProps {
  view: CertificateView;
  kind: string;
  tag?: string;
}

function Certificate({ view, kind, tag = "" }: CertificateProps) {
  const pin = tag && view.key_sha256.slice(0, 8).toUpperCase(); // two roots may bear one name
  const [from, to] = [toMs(view.not_before_ns), toMs(view.not_after_ns)];
  const share = Math.max(0, Math.min(1, (now.value - from) / (to - from)));
  const soon = to - now.value < SOON_DAYS * 86_400_000;
  return (
    <div class="cert" title={`SHA-256 ${view.sha256}`}>
      <span>
        <small>{kind}</small>
        <b>{view.subject}</b> {pin && <code class="dim">{pin}</code>} {tag && <Tag>{tag}</Tag>}
      </span>
      <svg
        class={soon ? "lived soon" : "lived"}
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <path d="M0 4H100" />
        <path class="done" d={`M0 4H${(share * 100).toFixed(1)}`} />
      </svg>
      <span class={soon ? "warmv" : "soft"} title={exactly(to)}>
        until {dated(to, now.value)}
      </span>
    </div>
  );
}
