// Writing a room: what is typed on the left, who would be in it on the right, at once.

import { useEffect, useState } from "preact/hooks";
import { people } from "../api/people";
import type { RoomView } from "../api/types";
import { lifetimes, lifetimeText, readLifetime, spanOption } from "../format/lifetimes";
import { isEmpty, labelsFault, type RuleTexts, ruleOf, ruleOptions, textsOf } from "../format/rules";
import { commandLine } from "../format/shell";
import { sentence } from "../format/states";
import { loadNodes } from "../state/nodes";
import { loadRooms } from "../state/rooms";
import { forgetPreview, tryRule } from "../state/rule-preview";
import { spaceId } from "../state/session";
import { spaceOption } from "../state/spaces";
import { toast } from "../state/toasts";
import { Choice } from "./choice";
import { CliLine } from "./cli-line";
import { Button, Field } from "./controls";
import { Mark } from "./icon";
import { goTo, roomPath } from "./places";
import { RulePreview } from "./rule-preview";

const RULES = [
  ["hosts", "Host names", "Patterns, one has to fit: web-*, www*"],
  ["networks", "Networks", "Where they connect from, one has to fit: 10.20.0.0/16, fd00::/8"],
  ["labels", "Labels", "All have to be borne: site=berlin, role=web"],
] as const;

export function RoomEditor({ room }: { room: RoomView | null }) {
  const [name, setName] = useState(room?.name ?? "");
  const [texts, setTexts] = useState<RuleTexts>(textsOf(room?.rule ?? null));
  const [life, setLife] = useState(room?.agent_lifetime_s ?? 0);
  const [readable, setReadable] = useState(true);
  const [fault, setFault] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const rule = ruleOf(texts);
  useEffect(() => {
    if (!labelsFault(texts.labels)) tryRule(ruleOf(texts));
    return forgetPreview;
  }, [texts]);
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    const wanted = { name: name.trim(), rule: isEmpty(rule) ? null : rule, agent_lifetime_s: life };
    try {
      if (room) await people.changeRoom(room.id, wanted);
      else await people.makeRoom({ ...wanted, space: spaceId.value });
      await Promise.all([loadRooms(), loadNodes()]);
      toast(room ? `${wanted.name} is changed` : `${wanted.name} is made`);
      goTo(roomPath(wanted.name));
    } catch (failure) {
      setError(failure instanceof Error ? sentence(failure.message) : String(failure));
      setBusy(false);
    }
  };
  return (
    <form class="wizard" onSubmit={save}>
      <div class="stackv">
        <section class="card">
          <div class="body stackv">
            <Field
              label="Name"
              input={{
                value: name,
                required: true,
                maxLength: 100,
                autocomplete: "off",
                autofocus: !room,
                onInput: (event) => setName(event.currentTarget.value),
              }}
            />
            <h2 class="part">
              Rule <small>all that is filled in has to fit; empty: only who is put in by hand</small>
            </h2>
            {RULES.map(([key, label, hint]) => (
              <Field
                key={key}
                label={label}
                hint={hint}
                error={key === "labels" ? fault : ""}
                input={{
                  value: texts[key],
                  maxLength: 4_000,
                  autocomplete: "off",
                  spellcheck: false,
                  class: "mono",
                  onInput: (event) => setTexts({ ...texts, [key]: event.currentTarget.value }),
                  onBlur: () => setFault(labelsFault(texts.labels)),
                }}
              />
            ))}
            <div class="field">
              <b>Certificates of its nodes live</b>
              <Choice
                label="Certificates of its nodes live"
                value={life}
                options={lifetimes("space")}
                text={(value) => lifetimeText(value || 86_400, "space")}
                read={readLifetime}
                hint="1 hour to 90 days: 36 h, 3 d, 2 weeks."
                onChange={setLife}
                onReadable={setReadable}
              />
              <small>A node in several rooms follows the strictest of them.</small>
            </div>
          </div>
        </section>
      </div>
      <div class="stackv">
        <RulePreview rule={rule} room={room} />
        <CliLine text={commandOf(room, name.trim(), texts, life)} />
        {error && (
          <p class="bad-text" role="alert">
            <Mark name="crit" />
            <span>Not saved. {error}</span>
          </p>
        )}
        <div class="chips">
          <Button
            kind="primary"
            type="submit"
            disabled={busy || !readable || !name.trim() || Boolean(labelsFault(texts.labels))}
          >
            {room ? "Save the room" : "Make the room"}
          </Button>
          <a class="btn quiet" href={room ? roomPath(room.name) : "/spaces"}>
            Cancel
          </a>
        </div>
      </div>
    </form>
  );
}

/** `muster room create` or `set`, with what differs from a plain room. */
export function commandOf(room: RoomView | null, name: string, texts: RuleTexts, life: number): string {
  const rule = ruleOf(texts);
  const none = room?.rule && isEmpty(rule) ? ["--no-rule"] : [];
  const span = life ? spanOption(life) : room?.agent_lifetime_s ? "default" : "";
  return commandLine(
    "muster",
    "room",
    room ? "set" : "create",
    room?.name || name || "NAME",
    ruleOptions(rule),
    none,
    span ? ["--agent-lifetime", span] : [],
    spaceOption(),
  );
}
