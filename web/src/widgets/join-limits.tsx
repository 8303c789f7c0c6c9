// What else a token may be held to, and how its line is made; folded until one asks, open when something is set.

import { plural } from "../format/units";
import { choices, isNetdataEnvironment, offered } from "../state/choices";
import {
  checkAway,
  checkLabels,
  checkNetworks,
  checkPerHour,
  limits,
  limitsText,
  wordsOf,
} from "../state/limits";
import { param } from "../state/location";
import { TextChoice } from "./text-choice";

const PARAMS = ["labels", "networks", "hosts", "hourly", "away", "about", "proxy", "url"];

const checkProxy = (text: string): string =>
  !text.trim() || /^(none|env|(http|socks5h?):\/\/\S+)$/.test(text.trim())
    ? ""
    : `“${text.trim()}” is no proxy. Write none, env, or a URL like socks5://host:port.`;

const checkHosts = (text: string): string =>
  wordsOf(text).some((word) => !/^[\w.*?[\]!-]+$/.test(word))
    ? "A host name with * and ? in it: web-*, db-??.lan."
    : "";

export function JoinLimits() {
  const said = limitsText(limits());
  const labels = Object.keys(limits().labels).length;
  return (
    <details class="more limits" open={PARAMS.some((name) => param(name))}>
      <summary>
        More limits, labels, proxy
        {(said || labels > 0) && (
          <small> {[said, labels && plural(labels, "label")].filter(Boolean).join(", ")}</small>
        )}
      </summary>
      <div class="limit-fields">
        <TextChoice
          name="labels"
          label="Labels of its nodes"
          hint="Rooms and policies can go by them."
          placeholder="site=berlin, role=edge"
          check={checkLabels}
        />
        <TextChoice
          name="networks"
          label="Only from these networks"
          hint="Elsewhere the token is of no use."
          placeholder="10.20.0.0/16"
          check={checkNetworks}
        />
        <TextChoice
          name="hosts"
          label="Only hosts so called"
          hint="By the name the machine gives itself."
          placeholder="web-*"
          check={checkHosts}
        />
        <TextChoice
          name="hourly"
          label="Machines in any hour"
          hint="Empty: no more than the token has uses."
          placeholder="5"
          check={checkPerHour}
          maxLength={5}
        />
        <TextChoice
          name="away"
          label="Ephemeral: leave the list after"
          hint="So long after they were last heard; history is kept. Empty: they stay."
          placeholder="2 h"
          check={checkAway}
          maxLength={24}
        />
        <TextChoice
          name="about"
          label="What it is for"
          hint="Stands in the list of tokens and in the audit log."
          placeholder="quay cameras"
          maxLength={200}
        />
        <TextChoice
          name="proxy"
          label="Proxy to this hub"
          hint="none, env (the machine's own variables) or a URL."
          placeholder="socks5://proxy.lan:1080"
          check={checkProxy}
        />
        <Addresses />
      </div>
    </details>
  );
}

const checkUrl = (text: string): string =>
  !text.trim() || /^https:\/\/[\w.:[\]-]+$/.test(text.trim())
    ? ""
    : "An address that begins with https, without a path behind the port.";

function Addresses() {
  const own = offered.value?.urls ?? [];
  const urls = isNetdataEnvironment(choices().environment) ? (offered.value?.netdata_urls ?? []) : own;
  return (
    <TextChoice
      name="url"
      label="The hub, as the machine reaches it"
      hint={
        urls.length > 1
          ? `Empty: ${urls[0]}. Also ${urls.slice(1, 4).join(", ")}.`
          : "Empty: as the hub knows itself."
      }
      placeholder={urls[0] ?? ""}
      check={checkUrl}
    />
  );
}
