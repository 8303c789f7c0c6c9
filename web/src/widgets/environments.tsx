// Where a machine runs: each environment the hub can make ready commands for, and why it can't for the others.

import { choices, INSTALLED, isNetdataEnvironment, NETDATA_WAYS, offered } from "../state/choices";
import { setParams } from "../state/location";
import { Segments } from "./controls";
import { Icon, type IconName } from "./icon";

interface Environment {
  key: string;
  name: string;
  about: string;
  icon: IconName;
}

const NEW: Environment[] = [
  { key: "linux", name: "Linux", about: "systemd, OpenRC or none", icon: "terminal" },
  { key: "macos", name: "macOS", about: "launchd", icon: "screen" },
  { key: "docker", name: "Docker", about: "one container", icon: "box" },
  { key: "compose", name: "Compose", about: "a file to keep", icon: "layers" },
  { key: "kubernetes", name: "Kubernetes", about: "one agent per node", icon: "wheel" },
  { key: "ansible", name: "Ansible", about: "many at once", icon: "list" },
  { key: "installer", name: "Installer file", about: "for one machine", icon: "file" },
];
const THERE: Environment[] = [
  { key: INSTALLED, name: "Muster", about: "the muster command is there", icon: "nodes" },
  { key: "netdata", name: "Netdata", about: "keeps its own collectors", icon: "pulse" },
  { key: "telegraf", name: "Telegraf", about: "keeps its own plugins", icon: "pulse" },
];

const offerOf = (key: string) => offered.value?.environments.find((each) => each.environment === key);
/** Until the hub has said what it can make, what every hub can. */
const isThere = (key: string): boolean =>
  key === INSTALLED || (offered.value ? (offerOf(key)?.available ?? false) : key !== "telegraf");

export function Environments() {
  const missing = NEW.filter((each) => !isThere(each.key));
  return (
    <div class="stackv">
      <Group name="A new Muster agent" list={NEW} />
      {/* Telegraf only where this hub takes what it sends. */}
      <Group name="An agent that is there already" list={THERE.filter(({ key }) => isThere(key))} />
      {isNetdataEnvironment(choices().environment) && <NetdataWays />}
      <p class="envh">
        No network to this hub?{" "}
        <a href="/connect/air-gap">
          Join over an air gap
          <Icon name="right" />
        </a>
      </p>
      {missing.length > 0 && (
        <details class="more">
          <summary>{missing.map(({ name }) => name).join(", ")}: not from this hub now</summary>
          <ul class="soft">
            {missing.map(({ key, name }) => (
              <li key={key}>
                <b>{name}</b>: {offerOf(key)?.reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** The same agent, by where it runs and of which line it is. */
function NetdataWays() {
  const chosen = choices().environment;
  const about = NETDATA_WAYS.find(([key]) => key === chosen)?.[2];
  return (
    <div class="ways">
      <Segments
        label="How it is claimed"
        value={chosen}
        options={NETDATA_WAYS.map(([key, name]) => [key, name] as const)}
        onChange={(env) => setParams({ env }, true)}
      />
      <p class="soft">{about}</p>
    </div>
  );
}

function Group({ name, list }: { name: string; list: Environment[] }) {
  const chosen = isNetdataEnvironment(choices().environment) ? "netdata" : choices().environment;
  return (
    <fieldset class="envs" aria-label={name}>
      <legend class="envh">{name}</legend>
      {list.map((each) => (
        <label class="env" key={each.key} title={offerOf(each.key)?.reason || each.about}>
          <input
            type="radio"
            name="env"
            class="vh"
            checked={chosen === each.key}
            disabled={!isThere(each.key)}
            onChange={() => setParams({ env: each.key }, true)}
          />
          <Icon name={each.icon} />
          <span>{each.name}</span>
        </label>
      ))}
    </fieldset>
  );
}
