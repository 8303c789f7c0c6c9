// The certificate authority: root, issuers and pins. All of it is public; the same as `muster ca show`.

import { api } from "../api/client";
import type { CertificateView } from "../api/types";
import { sentence } from "../format/states";
import { dated, exactly, roughly, toMs } from "../format/times";
import { now } from "../state/clock";
import { Fingerprint } from "./fingerprint";
import { Badge } from "./icon";
import { ErrorNote } from "./states";
import { useRead } from "./use-read";

const SOON_DAYS = 60;

export function AuthorityCard() {
  const { data, error, again } = useRead(api.authority);
  if (error && !data)
    return (
      <ErrorNote
        title="The authority could not be read"
        text={sentence(error)}
        onRetry={() => void again()}
      />
    );
  const certificates = data ? [...data.roots, ...data.issuers] : [];
  const first = certificates.reduce(
    (soonest, each) => Math.min(soonest, each.not_after_ns),
    Number.POSITIVE_INFINITY,
  );
  const days = (toMs(first) - now.value) / 86_400_000;
  return (
    <section class="card" aria-labelledby="ca-h">
      <header>
        <h2 id="ca-h">Certificate authority</h2>
        {data && (
          <Badge name={days < SOON_DAYS ? "warn" : "ok"}>
            {days < SOON_DAYS ? `Ends in ${roughly(days * 86_400)}` : "In force"}
          </Badge>
        )}
      </header>
      {data && (
        <div class="body">
          <dl class="kv wide">
            {data.roots.map((root) => (
              <Certificate key={root.sha256} kind="Root" view={root} />
            ))}
            {data.issuers.map((issuer) => (
              <Certificate key={issuer.sha256} kind="Issuing CA" view={issuer} />
            ))}
            {data.pins.map((pin) => [<dt>Pin in tokens</dt>, <Fingerprint hex={pin} />])}
          </dl>
        </div>
      )}
      <div class="acts2">
        <p>
          Compare with <code>muster ca show</code> on the hub's machine. A token carries the pin, so that a
          machine knows its hub before it says anything.
        </p>
      </div>
    </section>
  );
}

function Certificate({ kind, view }: { kind: string; view: CertificateView }) {
  return (
    <>
      <dt>{kind}</dt>
      <dd class="wrap" title={`SHA-256 ${view.sha256}`}>
        <b>{view.subject}</b>
        <span class="dim" title={exactly(toMs(view.not_after_ns))}>
          {" "}
          until {dated(toMs(view.not_after_ns), now.value)}
        </span>
      </dd>
    </>
  );
}
