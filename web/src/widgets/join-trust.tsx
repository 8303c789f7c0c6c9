// Why a ready line can be trusted, and what the machine that runs it has to trust.

import { INSTALLED, isNetdataEnvironment, offered } from "../state/choices";
import { Fingerprint } from "./fingerprint";
import { Icon } from "./icon";

const PACKAGED = ["netdata", "netdata-script"]; // where a distribution may have put its own build
const FETCHED = ["linux", "macos", "docker", "compose", "kubernetes", "ansible"];

export function JoinTrust({ environment }: { environment: string }) {
  if (isNetdataEnvironment(environment)) return <NetdataTrust environment={environment} />;
  return (
    <>
      <div class="note">
        <Icon name="shield" />
        <span>
          {FETCHED.includes(environment) && "What is fetched is checked against its digest before it runs. "}
          {environment === "installer"
            ? "The file holds settings and the token, no private key: keep it as a password until it was used. "
            : "The token pins this hub, so the machine checks whom it talks to before it says anything. "}
          It is in no process list.
        </span>
      </div>
      {environment === INSTALLED && (
        <details class="more">
          <summary>A second node on the same machine?</summary>
          <p class="soft">
            Give it a data folder of its own: add <code>--data FOLDER</code> to both commands of the line. It
            gets a name of its own and says why.
          </p>
        </details>
      )}
    </>
  );
}

/** A token of Netdata's alphabet has no room for a pin: the root comes first, by its fingerprint. */
export function NetdataTrust({ environment }: { environment: string }) {
  const root = offered.value?.netdata_root;
  return (
    <div class="note">
      <Icon name="shield" />
      <div>
        {root ? (
          <>
            <p>
              Netdata trusts no hub by its token. The first step fetches this hub's root, checks it against
              its digest and puts it where agents of 1.x and 2.x look. Its SHA-256:
            </p>
            <dl>
              <Fingerprint hex={root} />
            </dl>
          </>
        ) : (
          <p>This hub's certificate is of a CA that machines trust already: there is nothing to do first.</p>
        )}
        {root && PACKAGED.includes(environment) && (
          <p>
            Packages of distributions are built without the cloud link; the first step says so and stops. Such
            a machine needs Netdata's own package, or the agent of Muster.
          </p>
        )}
      </div>
    </div>
  );
}
