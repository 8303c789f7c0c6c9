// The hub's policy for claims: what is in force, and a draft that is tried with cases before it counts.

import { useState } from "preact/hooks";
import { joining } from "../api/joining";
import type { PolicyView, TriedCase } from "../api/types";
import { sentence } from "../format/states";
import { plural } from "../format/units";
import { param, setParams } from "../state/location";
import { CliLine, cli } from "./cli-line";
import { Button, CopyButton, TextArea } from "./controls";
import { Dialog } from "./dialog";
import { Badge, Mark } from "./icon";
import { useRead } from "./use-read";

const MOST = 200_000;
const DRAFT = `default = "ask"

[[rule]]
name = "the lab looks after itself"
network = "10.1.0.0/16"
host = "lab-*"
action = "approve"
`;
const CASES = `[[case]]
name = "a lab machine"
expect = "approve"
given = { host = "lab-7", address = "10.1.2.3" }
`;

export function PolicyCard() {
  const { data, error } = useRead(joining.policy);
  const close = () => setParams({ do: "" }, true);
  return (
    <section class="card" aria-labelledby="policy-h">
      <header>
        <h2 id="policy-h">Policy</h2>
        {data?.file && (
          <Badge name={data.fault ? "warn" : "ok"}>{data.fault ? "Needs you" : "In force"}</Badge>
        )}
      </header>
      <div class="body stackv">
        {error && <p class="bad-text">{sentence(error)}</p>}
        {data && <InForce policy={data} />}
        <CliLine text={cli("muster", "policy", "show")} />
      </div>
      <div class="acts2">
        <p>It is changed on the hub's machine alone, and counts from the next claim on.</p>
        <Button onClick={() => setParams({ do: "policy" })}>Try a policy…</Button>
      </div>
      {param("do") === "policy" && data && <Trial policy={data} onClose={close} />}
    </section>
  );
}

function InForce({ policy }: { policy: PolicyView }) {
  if (!policy.file)
    return (
      <p>
        None: a claim with a good token is in, unless its space asks for each machine. The setting{" "}
        <code>enrol.policy</code> names a file of rules.
      </p>
    );
  return (
    <>
      {policy.fault && (
        <p class="note warn">
          <span>The one before is in force: {sentence(policy.fault)}</span>
        </p>
      )}
      <p>
        {plural(policy.rules, "rule")} of <code>{policy.file}</code>. The first that fits decides.
      </p>
      <div class="code tall">
        <pre>{policy.text}</pre>
        <CopyButton text={policy.text} />
      </div>
    </>
  );
}

function Trial({ policy, onClose }: { policy: PolicyView; onClose: () => void }) {
  const [draft, setDraft] = useState(policy.text || DRAFT);
  const [cases, setCases] = useState(CASES);
  const [tried, setTried] = useState<TriedCase[] | null>(null);
  const [error, setError] = useState("");
  const attempt = (event: Event) => {
    event.preventDefault();
    return joining.tryPolicy({ policy: draft, cases }).then(
      (found) => {
        setTried(found);
        setError("");
      },
      (failure: unknown) => {
        setTried(null);
        setError(failure instanceof Error ? failure.message : String(failure));
      },
    );
  };
  return (
    <Dialog title="Try a policy" onClose={onClose} wide>
      <form onSubmit={attempt}>
        <p>Nothing is changed by it: these are the two files of the command below.</p>
        <TextArea label="Policy" most={MOST} value={draft} onValue={setDraft} />
        <TextArea
          label="Cases"
          hint="given takes host, address, labels, rooms, token, space, kind, evidence and score."
          most={MOST}
          value={cases}
          onValue={setCases}
        />
        {error && (
          <p class="bad-text" role="alert">
            <Mark name="crit" />
            <span>{sentence(error)}</span>
          </p>
        )}
        {tried && <Outcome tried={tried} />}
        <CliLine text={cli("muster", "policy", "test", "policy.toml", "--cases", "cases.toml")} />
        <div class="deeds">
          <button type="button" class="btn" onClick={onClose}>
            Close
          </button>
          <button type="submit" class="btn primary">
            Try it
          </button>
        </div>
      </form>
    </Dialog>
  );
}

const by = (rule: string) => rule || "the default";

const Outcome = ({ tried }: { tried: TriedCase[] }) => (
  <table class="rows" aria-label="What comes of each case">
    <thead>
      <tr>
        {["", "Case", "Verdict", "By", "Expected"].map((name) => (
          <th scope="col" key={name}>
            {name || <span class="vh">Result</span>}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {tried.map((each, index) => (
        <tr key={`${index} ${each.name}`}>
          <td>
            <Badge name={each.ok ? "ok" : "crit"}>{each.ok ? "As expected" : "Otherwise"}</Badge>
          </td>
          <td>{each.name}</td>
          <td data-k="Verdict">{each.verdict}</td>
          <td data-k="By">{by(each.rule)}</td>
          <td data-k="Expected">
            {each.expect}
            {each.expect_rule && ` by ${each.expect_rule}`}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
