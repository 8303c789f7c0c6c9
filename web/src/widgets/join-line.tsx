// The one line: its secret marked, copied with one press, shown once.

import { countdown, toMs } from "../format/times";
import type { Environment } from "../state/choices";
import { now } from "../state/clock";
import { end, endOf, known, type Made } from "../state/joining";
import { failed } from "../state/toasts";
import { CopyButton, Tag } from "./controls";
import { Icon } from "./icon";

/** The hub's command, for where it will run. */
export function commandFor(environment: Environment, command: string): string {
  return environment === "checkout"
    ? command.replaceAll(/\bmuster agent\b/g, ".venv/bin/muster agent")
    : command;
}

const INSTALL =
  "python3 -m venv /opt/muster && /opt/muster/bin/pip install ./muster && ln -s /opt/muster/bin/muster /usr/local/bin/";

interface JoinLineProps {
  made: Made | null; // null: the page was loaded anew, and the secret is gone
  environment: Environment;
  busy: boolean;
  onAgain: () => void;
}

export function JoinLine({ made, environment, busy, onAgain }: JoinLineProps) {
  const token = known.value ?? (made && { ...made.answer, used: 0, revoked_ns: 0 });
  if (!token) return null;
  const over = endOf(token, now.value);
  const left = (toMs(token.expires_ns) - now.value) / 1000;
  return (
    <section class="card">
      <header>
        <h2>{over ? `This line is ${over}` : "Run this on the machine"}</h2>
        {!over && (
          <Tag>
            <Icon name="clock" />
            {countdown(left)} left
          </Tag>
        )}
        <Tag>
          {token.used} of {token.uses} used
        </Tag>
        {!over && (
          <button
            type="button"
            class="btn small"
            onClick={() => end(token.id).catch((error: unknown) => failed("The token was not ended", error))}
          >
            End token
          </button>
        )}
      </header>
      <div class="body stackv">
        {made && !over && <CodeLine made={made} environment={environment} />}
        {!made && !over && (
          <p class="soft">
            The token was shown once, on the page that made it. Whoever has the line can still use it.
          </p>
        )}
        {made && !over && <Trust environment={environment} />}
        <div class="chips">
          <button
            type="button"
            class={over || !made ? "btn primary" : "btn"}
            disabled={busy}
            onClick={onAgain}
          >
            <Icon name="key" />
            Make another line
          </button>
        </div>
      </div>
    </section>
  );
}

function CodeLine({ made, environment }: { made: Made; environment: Environment }) {
  const command = commandFor(environment, made.answer.command);
  const [before = "", after = ""] = command.split(made.answer.token);
  return (
    <div class="code">
      <pre>
        <span class="p">$ </span>
        {before}
        <mark>{made.answer.token}</mark>
        {after}
      </pre>
      <CopyButton text={command} kind="primary" />
    </div>
  );
}

function Trust({ environment }: { environment: Environment }) {
  return (
    <>
      <div class="note">
        <Icon name="shield" />
        <span>
          The token pins this hub, so the machine checks whom it talks to before it says anything. It goes in
          on standard input, so no process list shows it.
        </span>
      </div>
      {environment === "linux" ? (
        <details class="more">
          <summary>No muster command on the machine yet?</summary>
          <p class="soft">
            It needs Python 3.11. Bring over the source folder or its wheel, then install it into an
            environment of its own:
          </p>
          <div class="code">
            <pre>
              <span class="p"># </span>
              {INSTALL}
            </pre>
            <CopyButton text={INSTALL} />
          </div>
        </details>
      ) : (
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
