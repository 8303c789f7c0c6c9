// All that is chosen on the Connect page as the hub is asked for it, and as the command line would be.

import { computed, signal } from "@preact/signals";
import type { ConnectWanted } from "../api/types";
import { commandLine } from "../format/shell";
import { spanArgument } from "../format/spans";
import { choices, INSTALLED } from "./choices";
import { limits } from "./limits";
import { param } from "./location";
import { spaceId } from "./session";
import { spaceOption } from "./spaces";

/** Too long for an address; kept while the page is open. */
export const installerConfig = signal("");
export const installerTemplate = signal("");

export const wanted = computed((): ConnectWanted => {
  const { environment, rooms, ttl, uses } = choices();
  const isInstaller = environment === "installer";
  return {
    environment,
    rooms: rooms.map((room) => room.id),
    ttl_s: ttl,
    uses,
    space: spaceId.value,
    ...limits(),
    ...(isInstaller
      ? { name: param("name"), config: installerConfig.value, template: installerTemplate.value }
      : {}),
  };
});

/** Whether there is enough to make something of it. */
export const isComplete = computed(() => wanted.value.environment !== "installer" || param("name") !== "");

/** The command that makes the same. */
export function commandText(): string {
  const line = commandLine(...wordsOfCommand());
  return line.startsWith("muster installer ") ? `${line} > install-on-${param("name") || "NAME"}.sh` : line;
}

function wordsOfCommand(): string[] {
  const { environment, rooms, ttl, uses } = choices();
  const given = limits();
  const words = [
    ...spaceOption(),
    ...rooms.flatMap((room) => ["--room", room.name]),
    "--ttl",
    spanArgument(ttl),
    ...(uses > 1 ? ["--uses", String(uses)] : []),
    ...Object.entries(given.labels).flatMap(([key, value]) => ["--label", `${key}=${value}`]),
    ...(given.ephemeral_s ? ["--ephemeral", spanArgument(given.ephemeral_s)] : []),
    ...given.networks.flatMap((each) => ["--network", each]),
    ...given.hosts.flatMap((each) => ["--host", each]),
    ...(given.per_hour ? ["--per-hour", String(given.per_hour)] : []),
    ...(given.description ? ["--description", given.description] : []),
  ];
  if (environment === INSTALLED) return ["muster", "token", "create", ...words];
  const reach = [
    ...(given.url ? ["--url", given.url] : []),
    ...(given.proxy ? ["--proxy", given.proxy] : []),
  ];
  if (environment === "installer")
    return ["muster", "installer", param("name") || "NAME", ...installerFiles(), ...words, ...reach];
  return ["muster", "connect", environment, ...words, ...reach];
}

/** What was pasted here is a file there. */
const installerFiles = (): string[] => [
  ...(installerConfig.value ? ["--config", "agent.toml"] : []),
  ...(installerTemplate.value ? ["--template", "installer.sh"] : []),
];
