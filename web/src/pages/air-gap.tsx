// Air gap: a machine that can't reach the hub hands over a request by hand, and gets an answer the same way.

import { useEffect, useState } from "preact/hooks";
import { joining } from "../api/joining";
import type { GapAnswerView, GapRequestView } from "../api/types";
import { sentence } from "../format/states";
import { isAdmin, spaceName } from "../state/session";
import { GapAnswer } from "../widgets/gap-answer";
import { GapRequest } from "../widgets/gap-request";
import { Command } from "../widgets/help";
import { Shell } from "../widgets/shell";
import { Empty } from "../widgets/states";

const CRUMBS = () => [
  { text: spaceName.value, href: "/nodes" },
  { text: "Connect", href: "/connect" },
  { text: "Air gap" },
];

export function AirGapPage() {
  return (
    <Shell title="Air gap" crumbs={CRUMBS()}>
      <div class="pagehead">
        <div>
          <h1>Join over an air gap</h1>
          <p>Two texts by hand, on a stick or before a camera. The machine's key never leaves it.</p>
        </div>
      </div>
      {isAdmin.value ? (
        <Steps />
      ) : (
        <div class="card">
          <Empty
            title="Only an admin answers requests"
            text={`An admin of ${spaceName.value} can sign what the machine says, or give you the admin role.`}
          />
        </div>
      )}
    </Shell>
  );
}

function Steps() {
  const [text, setText] = useState("");
  const { request, error, busy } = useInspected(text);
  const [answer, setAnswer] = useState<GapAnswerView | null>(null);
  return (
    <div class="gap">
      <section class="step">
        <span class="n">1</span>
        <h2>On the machine</h2>
        <div class="stackv">
          <p class="soft">It makes its key and says what it is. Bring the text here; it holds no secret.</p>
          <Command text="muster agent request > request.txt" />
        </div>
      </section>
      <section class="step">
        <span class="n">2</span>
        <h2>Its request, here</h2>
        <div class="stackv">
          <div class="field">
            <label for="gap-request">The text, or the lines of its codes in any order</label>
            <textarea
              id="gap-request"
              class="mono"
              rows={request ? 4 : 8}
              spellcheck={false}
              autocomplete="off"
              placeholder="-----BEGIN MUSTER REQUEST-----"
              value={text}
              aria-invalid={error ? true : undefined}
              aria-describedby="gap-note"
              onInput={(event) => {
                setText(event.currentTarget.value);
                setAnswer(null);
              }}
            />
            <small id="gap-note" class={error ? "bad-text" : ""} role={error ? "alert" : undefined}>
              {error ? sentence(error) : busy ? "Reading it" : "Nothing is signed by pasting it."}
            </small>
          </div>
          <FileChoice
            onText={(found) => {
              setText(found);
              setAnswer(null);
            }}
          />
          {request && !answer && (
            <GapRequest key={request.sha256} request={request} text={text} onAnswer={setAnswer} />
          )}
        </div>
      </section>
      <section class={answer ? "step" : "step later"}>
        <span class="n">3</span>
        <h2>The answer, back to the machine</h2>
        {answer ? (
          <GapAnswer answer={answer} />
        ) : (
          <p class="dim">It stands here once the request is signed.</p>
        )}
      </section>
    </div>
  );
}

const READ_MS = 250;
const LONGEST = 256 * 1024; // as the hub takes it

/** What the hub reads in a text, a moment after the last change. */
function useInspected(text: string): { request: GapRequestView | null; error: string; busy: boolean } {
  const [state, setState] = useState<{ request: GapRequestView | null; error: string; busy: boolean }>({
    request: null,
    error: "",
    busy: false,
  });
  useEffect(() => {
    if (!text.trim() || text.length > LONGEST) {
      const error = text.length > LONGEST ? "that is longer than any request" : "";
      setState({ request: null, error, busy: false });
      return undefined;
    }
    let current = true;
    setState((before) => ({ ...before, busy: true }));
    const timer = setTimeout(() => {
      joining.inspectGap(text).then(
        (request) => current && setState({ request, error: "", busy: false }),
        (error: Error) => current && setState({ request: null, error: error.message, busy: false }),
      );
    }, READ_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text]);
  return state;
}

function FileChoice({ onText }: { onText: (text: string) => void }) {
  return (
    <label class="btn file-choice">
      Choose request.txt
      <input
        type="file"
        class="vh"
        accept=".txt,text/plain"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          if (file && file.size <= LONGEST) void file.text().then(onText);
          else if (file) onText("x".repeat(LONGEST + 1));
          event.currentTarget.value = "";
        }}
      />
    </label>
  );
}
