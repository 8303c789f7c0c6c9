// What to run, with its secret marked: as a preview while one chooses, and once for real.

import { sentence } from "../format/states";
import { countdown, toMs } from "../format/times";
import { plural } from "../format/units";
import { choices, isNetdataEnvironment, isReadable, offered, ttlText } from "../state/choices";
import { now } from "../state/clock";
import { end, endOf, known, type Made, preview, previewError } from "../state/joining";
import { limits, limitsText } from "../state/limits";
import { failed } from "../state/toasts";
import { commandText, isComplete } from "../state/wanted";
import { CliLine } from "./cli-line";
import { Tag } from "./controls";
import { Icon } from "./icon";
import { JoinTrust, NetdataTrust } from "./join-trust";
import { ReadyParts } from "./ready";

interface PreviewProps {
  busy: boolean;
  error: string;
  approval: boolean; // whether each machine waits for an admin
  onMake: () => void;
}

export function JoinPreview({ busy, error, approval, onMake }: PreviewProps) {
  const chosen = choices();
  const limited = limitsText(limits());
  const usable = isReadable.value && isComplete.value && !previewError.value;
  return (
    <section class="card">
      <header>
        <h2>
          {chosen.environment === "installer" ? "The file for the machine" : "The line for the machine"}
        </h2>
        <Tag>preview</Tag>
      </header>
      <div class="body stackv">
        <p class={isReadable.value ? "soft" : "dim"}>
          It will let in {plural(chosen.uses, "machine")} within {ttlText(chosen.ttl)}
          {chosen.rooms.length > 0 && `, into ${chosen.rooms.map((room) => room.name).join(" and ")}`}
          {limited && `, ${limited}`}. {approval && "In this space an admin approves each one. "}The token is
          shown once; the hub keeps nothing that could be used in its place.
        </p>
        {previewError.value && isComplete.value && (
          <p class="bad-text" role="alert">
            {sentence(previewError.value)}
          </p>
        )}
        {error && (
          <p class="bad-text" role="alert">
            The line was not made. {error}
          </p>
        )}
        <div class="chips">
          <button type="button" class="btn primary" disabled={busy || !usable} onClick={onMake}>
            <Icon name="key" />
            {chosen.environment === "installer" ? "Make the file" : "Make the line"}
          </button>
          {!isReadable.value && <span class="soft">First mend what is marked at the left.</span>}
          {isReadable.value && !isComplete.value && <span class="soft">First name the machine.</span>}
        </div>
        {!offered.value && !previewError.value && !isNetdataEnvironment(chosen.environment) && (
          <p class="dim" role="status">
            The hub gathers what machines fetch from it; the first time that takes some seconds.
          </p>
        )}
        {isNetdataEnvironment(chosen.environment) && offered.value && (
          <NetdataTrust environment={chosen.environment} />
        )}
        {preview.value && <ReadyParts ready={preview.value} environment={chosen.environment} />}
        <CliLine text={commandText()} title="The same from the hub's own command line" />
      </div>
    </section>
  );
}

interface JoinLineProps {
  made: Made | null; // null: the page was loaded anew, and the secret is gone
  busy: boolean;
  onAgain: () => void;
}

export function JoinLine({ made, busy, onAgain }: JoinLineProps) {
  const token = known.value ?? (made && { ...made.token, used: 0, revoked_ns: 0 });
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
        {made && !over && <ReadyParts ready={made} environment={made.wanted.environment} />}
        {!made && !over && (
          <p class="soft">
            The token was shown once, on the page that made it. Whoever has the line can still use it.
          </p>
        )}
        {made && !over && <JoinTrust environment={made.wanted.environment} />}
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
