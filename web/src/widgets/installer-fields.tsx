// What an installer file needs beside its token: the machine's name, and settings for its agent.

import { installerConfig } from "../state/wanted";
import { InstallerDiff } from "./installer-diff";
import { TextChoice } from "./text-choice";

const checkName = (text: string): string =>
  /^[A-Za-z0-9][\w.-]{0,252}$/.test(text.trim())
    ? ""
    : "The host name of the one machine it is for: web-01 or web-01.lan.";

export function InstallerFields() {
  return (
    <div class="limit-fields">
      <TextChoice
        name="name"
        label="Host name of the machine"
        hint="The file refuses to run elsewhere, and its token lets in nobody who is called otherwise."
        placeholder="web-01"
        check={checkName}
        maxLength={253}
      />
      <div class="field">
        <label for="installer-config">Settings of its agent, TOML</label>
        <textarea
          id="installer-config"
          class="mono"
          rows={4}
          maxLength={32_768}
          spellcheck={false}
          placeholder={'log_level = "debug"'}
          value={installerConfig.value}
          onChange={(event) => (installerConfig.value = event.currentTarget.value)}
        />
        <small>Optional. They stand in the file; the address of this page does not hold them.</small>
      </div>
      <InstallerDiff />
    </div>
  );
}
