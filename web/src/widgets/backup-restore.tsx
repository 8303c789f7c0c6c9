// How a backup becomes a hub on another machine: every line to copy, and what happens then.

import type { BackupView } from "../api/types";
import { fetchLine, restoreLine, startLine } from "../format/backups";
import { CliLine } from "./cli-line";
import { Dialog } from "./dialog";
import { Command } from "./help";

interface RestoreProps {
  each: BackupView;
  folder: string;
  onClose: () => void;
}

export const RestoreElsewhere = ({ each, folder, onClose }: RestoreProps) => (
  <Dialog title="Restore elsewhere" onClose={onClose} wide>
    <ol class="advice">
      <li>
        On the new machine, with Muster installed: fetch the backup, as a user who may read it on this one.
        <Command text={fetchLine(location.hostname, folder, each.name)} />
      </li>
      <li>
        Make a data folder of it. Every file is checked before it is moved into place; a folder that is not
        empty is refused.
        <Command text={restoreLine(each.name)} />
      </li>
      <li>
        Stop the old hub, and see that it does not start again: two hubs of one authority would each take half
        of the values.
      </li>
      <li>
        Start the new one.
        <Command text={startLine()} />
      </li>
      <li>
        Agents come back by themselves where the new hub has a name or address that they know, and the same
        ports. Otherwise tell each once where it is now, and start it again; values wait in its spool.
        <CliLine text={'[link]\nhub = "new-hub.example:7444"'} title="In agent.toml of the agent's folder" />
      </li>
    </ol>
    <p class="soft">
      People, tokens, rooms, dashboards, the authority and all values are as they were at that moment. What
      was done later is not: revocations and new passwords have to be done again.
    </p>
    <form method="dialog" class="deeds">
      <button type="submit" class="btn" autofocus>
        Close
      </button>
    </form>
  </Dialog>
);
