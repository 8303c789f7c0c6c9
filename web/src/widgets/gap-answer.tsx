// The answer to a request that came by hand: as text to copy or save, and as codes for a camera, one at a time.

import { useState } from "preact/hooks";
import type { GapAnswerView } from "../api/types";
import { commandLine } from "../format/shell";
import { moment, toMs } from "../format/times";
import { nodeAddress } from "../routes";
import { now } from "../state/clock";
import { CopyButton, Segments, Tag } from "./controls";
import { Fingerprint } from "./fingerprint";
import { Command } from "./help";
import { Icon, Mark } from "./icon";
import { Qr } from "./qr";
import { save } from "./ready";

export function GapAnswer({ answer }: { answer: GapAnswerView }) {
  const [form, setForm] = useState<"text" | "codes">("text");
  return (
    <div class="stackv">
      <section class="card" aria-label="Answer">
        <header>
          <Mark name="ok" />
          <h2>{answer.node.name} is signed</h2>
          <Tag>good to carry until {moment(toMs(answer.expires_ns), now.value)}</Tag>
          <a class="btn small" href={nodeAddress(answer.node.id)}>
            Open the node
          </a>
        </header>
        <div class="body stackv">
          <div class="chips">
            <Segments
              label="In which form"
              value={form}
              options={[["text", "Text"] as const, ["codes", codesText(answer.codes.length)] as const]}
              onChange={setForm}
            />
            <button type="button" class="btn" onClick={() => save("response.txt", answer.response)}>
              <Icon name="save" />
              Save response.txt
            </button>
          </div>
          {form === "text" ? <Armour text={answer.response} /> : <Codes codes={answer.codes} />}
          <dl class="kv wide">
            <dt>Certificate</dt>
            <dd>until {moment(toMs(answer.not_after_ns), now.value)}</dd>
            <dt>Root SHA-256</dt>
            <Fingerprint hex={answer.fingerprint} />
          </dl>
        </div>
      </section>
      <p class="soft">
        On the machine. It checks that the answer is for its own request, and asks whether the root's
        fingerprint is the one above.
      </p>
      <Command text="muster agent import response.txt && muster agent run" />
      <details class="more">
        <summary>In a script, without a question</summary>
        <Command
          text={commandLine(
            "muster",
            "agent",
            "import",
            "response.txt",
            "--trust-fingerprint",
            answer.fingerprint,
          )}
        />
      </details>
    </div>
  );
}

const codesText = (count: number): string => (count === 1 ? "QR code" : `${count} QR codes`);

const Armour = ({ text }: { text: string }) => (
  <div class="code armour">
    <pre>{text}</pre>
    <CopyButton text={text} kind="primary" />
  </div>
);

/** One code fills the place: a camera reads the larger one from further away. */
function Codes({ codes }: { codes: string[] }) {
  const [index, setIndex] = useState(0);
  const code = codes[index];
  if (code === undefined) return null;
  const step = (by: number) => setIndex((index + by + codes.length) % codes.length);
  return (
    <div class="codes">
      <Qr text={code} label={`Code ${index + 1} of ${codes.length}`} />
      {codes.length > 1 && (
        <div class="chips">
          <button type="button" class="btn" aria-label="The code before" onClick={() => step(-1)}>
            <Icon name="left" />
          </button>
          <span role="status">
            {index + 1} of {codes.length}
          </span>
          <button type="button" class="btn" aria-label="The next code" onClick={() => step(1)}>
            <Icon name="right" />
          </button>
        </div>
      )}
      <p class="dim">Any reader will do; its lines, in any order, go into response.txt.</p>
    </div>
  );
}
