// What to do about a node that does not talk: exact commands, and what they print. Opened from cause rows and Connect.

import { signal } from "@preact/signals";
import type { NodeView } from "../api/types";
import { isNetdata } from "../format/dialects";
import { CopyButton } from "./controls";
import { Dialog } from "./dialog";

const open = signal<NodeView | null>(null);
/** About a node that waits for its first link, or has lost it. */
export const helpWith = (node: NodeView): void => {
  open.value = node;
};

/** What the help about a node is called that was never linked. */
export const pendingHelp = (node: NodeView): string =>
  isNetdata(node) ? "What to check" : "What it should print";

export function Help() {
  const node = open.value;
  if (!node) return null;
  const onClose = () => {
    open.value = null;
  };
  const Text = isNetdata(node) ? NetdataHelp : node.state === "pending" ? PendingHelp : OfflineHelp;
  return <Text name={node.name} onClose={onClose} />;
}

interface HelpProps {
  name: string;
  onClose: () => void;
}

const OfflineHelp = ({ name, onClose }: HelpProps) => (
  <Dialog title={`What to check on ${name}`} onClose={onClose} wide>
    <ol class="advice">
      <li>
        Does the agent run, and what does it wait for?
        <Command text="muster agent status" />
        It prints the link's state, the last error and how many values are spooled. Nothing is lost while the
        spool has room.
      </li>
      <li>
        Can the machine reach the hub?
        <Command text="muster doctor" />
        It walks name, port, TLS, pin, certificate and clock, and names the step that fails and its remedy.
      </li>
      <li>
        Start the agent again if it does not run.
        <Command text="muster agent run" />
      </li>
    </ol>
    <Close />
  </Dialog>
);

const PendingHelp = ({ name, onClose }: HelpProps) => (
  <Dialog title={`What ${name} should print`} onClose={onClose} wide>
    <ol class="advice">
      <li>
        It has its certificate. What is missing is its first link, so the agent has to run:
        <Command text="muster agent run" />
        Within a few seconds it logs that the link is up, and this page shows it live.
      </li>
      <li>
        If it does not get that far, this names the failing step: name, port, TLS, pin, certificate or clock.
        <Command text="muster doctor" />
      </li>
      <li>
        The agents' port must be open from there to the hub. A proxy is set in the agent's configuration.
      </li>
    </ol>
    <Close />
  </Dialog>
);

const NetdataHelp = ({ name, onClose }: HelpProps) => (
  <Dialog title={`What to check on ${name}`} onClose={onClose} wide>
    <ol class="advice">
      <li>
        What does its agent say of the link?
        <Command text="netdatacli aclk-state" />
        Claimed and Online should both say Yes. Banned By Cloud: Yes means that this hub has revoked it. ACLK
        Available: No means a package without the cloud link, as distributions build it.
      </li>
      <li>
        Does it trust this hub? Its log names a certificate that does not verify; the recipe under Connect,
        Netdata puts the hub's root where the agent looks.
        <Command text="journalctl -u netdata --since -10min | grep -i aclk" />
      </li>
      <li>
        Is it claimed elsewhere? What is set in claim.conf counts after this:
        <Command text="netdatacli reload-claiming-state" />
      </li>
    </ol>
    <Close />
  </Dialog>
);

export const Command = ({ text }: { text: string }) => (
  <div class="code">
    <pre>
      <span class="p"># </span>
      {text}
    </pre>
    <CopyButton text={text} />
  </div>
);

const Close = () => (
  <form method="dialog" class="deeds">
    <button type="submit" class="btn">
      Close
    </button>
  </form>
);
