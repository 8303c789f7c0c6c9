// Trusting this hub's root, per platform. Public: whoever needs it does not trust the hub yet.

import { useEffect } from "preact/hooks";
import { outward } from "../api/base";
import { pki } from "../api/pki";
import { PLATFORMS, platformOf } from "../format/platforms";
import { sentence } from "../format/states";
import { dated, exactly, toMs } from "../format/times";
import { now } from "../state/clock";
import { param, setParams } from "../state/location";
import { CliLine } from "../widgets/cli-line";
import { Chip } from "../widgets/controls";
import { Fingerprint } from "../widgets/fingerprint";
import { Icon, Logo } from "../widgets/icon";
import { ErrorNote } from "../widgets/states";
import { useRead } from "../widgets/use-read";

export function TrustPage() {
  const { data, error, again } = useRead(pki.trust);
  useEffect(() => {
    document.title = "Trust this hub · Muster";
  }, []);
  return (
    <main class="trust stackv">
      <div class="brandline">
        <Logo />
        <div>
          <h1>Trust this hub</h1>
          <span class="soft">{location.host}</span>
        </div>
      </div>
      {error && !data && (
        <ErrorNote title="The root could not be read" text={sentence(error)} onRetry={() => void again()} />
      )}
      {data && (
        <>
          {!data.own_certificate && (
            <p class="note">
              <Icon name="check" />
              <span>
                The certificate of this page is not of this hub's CA: browsers need nothing from here. Agents
                and other programs that check the hub's CA do.
              </span>
            </p>
          )}
          <section class="card" aria-labelledby="root-h">
            <header>
              <h2 id="root-h">1. Take the root and compare it</h2>
              <a
                class="btn primary"
                href={outward("/root.pem")}
                download="muster-root.pem"
                target="_blank"
                rel="noreferrer"
              >
                <Icon name="save" />
                muster-root.pem
              </a>
            </header>
            <div class="body stackv">
              <dl class="kv wide">
                {data.roots.map((root) => [
                  <dt key={root.sha256}>Root</dt>,
                  <dd key={`${root.sha256}n`} class="wrap">
                    <b>{root.subject}</b>{" "}
                    <span class="dim" title={exactly(toMs(root.not_after_ns))}>
                      until {dated(toMs(root.not_after_ns), now.value)}
                    </span>
                  </dd>,
                  <dt key={`${root.sha256}f`}>SHA-256</dt>,
                  <Fingerprint key={`${root.sha256}x`} hex={root.sha256} />,
                ])}
              </dl>
              <p class="soft">
                No page can vouch for itself: until the root is trusted, this one might be somebody else's.
                Compare the fingerprint with what the hub's own machine says.
                {data.roots.length > 1 && " There are two roots while one follows the other: take in both."}
              </p>
              <CliLine text="muster ca show" title="On the hub's machine" />
              <CliLine
                text="openssl x509 -in muster-root.pem -noout -fingerprint -sha256"
                title="Of the file"
              />
            </div>
          </section>
          <Platforms />
          <p class="soft">
            Whoever holds the root's key could vouch for any site to whoever trusts it. Keep it offline:{" "}
            <code>muster ca root export</code>, then <code>muster ca root remove</code>.
          </p>
          <p>
            <a href="/">To the hub</a>
          </p>
        </>
      )}
    </main>
  );
}

function Platforms() {
  const wanted = param("on") || platformOf(navigator.userAgent);
  const chosen = PLATFORMS.find((each) => each.key === wanted) ?? PLATFORMS[0];
  return (
    <section class="card" aria-labelledby="platform-h">
      <header>
        <h2 id="platform-h">2. Tell this machine</h2>
      </header>
      <div class="body stackv">
        <div class="chips">
          {PLATFORMS.map((each) => (
            <Chip key={each.key} pressed={each === chosen} onClick={() => setParams({ on: each.key }, true)}>
              {each.name}
            </Chip>
          ))}
        </div>
        {chosen && (
          <>
            <ol class={chosen.steps.length > 1 ? "advice" : "soft"}>
              {chosen.steps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
            {chosen.line && (
              <CliLine text={chosen.line.replace("ORIGIN", location.origin)} title={`On ${chosen.name}`} />
            )}
          </>
        )}
      </div>
    </section>
  );
}
