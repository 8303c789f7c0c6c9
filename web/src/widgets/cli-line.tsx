// The same deed on the command line, to be copied.

import { commandLine } from "../format/shell";
import { CopyButton } from "./controls";

export const CliLine = ({ text, title = "On the command line" }: { text: string; title?: string }) => (
  <div class="cli">
    <small>{title}</small>
    <code>{text}</code>
    <CopyButton text={text} />
  </div>
);

export const cli = commandLine;
