// Ready commands and files: the secret marked wherever it stands, each copied or saved whole.

import type { ReadyCommand, ReadyFile } from "../api/types";
import { MASKED, type Ready } from "../state/joining";
import { param, setParams } from "../state/location";
import { CopyButton, Segments } from "./controls";
import { Icon } from "./icon";

/** Their commands are one and the same by different means; those of others follow one another. */
const ALTERNATIVES = ["linux", "installed"];

export function ReadyParts({ ready, environment }: { ready: Ready; environment: string }) {
  const { commands, files } = ready;
  const secret = ready.token?.token ?? MASKED;
  const files_ = files.map((file) => (
    <FilePart key={file.name} file={file} secret={secret} made={!!ready.token} />
  ));
  if (ALTERNATIVES.includes(environment))
    return (
      <>
        <OneOf commands={commands} secret={secret} made={!!ready.token} />
        {files_}
      </>
    );
  return (
    <>
      {files_}
      {commands.map((command) => (
        <div class="ready" key={command.title}>
          <h3>{command.title}</h3>
          <Code text={command.text} secret={secret} made={!!ready.token} />
        </div>
      ))}
    </>
  );
}

interface PartProps {
  secret: string;
  made: boolean;
}

function OneOf({ commands, secret, made }: PartProps & { commands: ReadyCommand[] }) {
  const shown = commands.find((each) => each.title === param("by")) ?? commands[0];
  if (!shown) return null;
  return (
    <div class="ready">
      {commands.length > 1 && (
        <Segments
          label="By which means"
          value={shown.title}
          options={commands.map((each) => [each.title, each.title] as const)}
          onChange={(title) => setParams({ by: title === commands[0]?.title ? "" : title }, true)}
        />
      )}
      <Code text={shown.text} secret={secret} made={made} />
    </div>
  );
}

/** A text with its secret marked. Of a preview nothing is copied: it lets nobody in. */
export function Code({ text, secret, made, prompt = "$ " }: PartProps & { text: string; prompt?: string }) {
  const parts = text.split(secret);
  return (
    <div class={made ? "code" : "code preview"}>
      <pre>
        {prompt && <span class="p">{prompt}</span>}
        {parts.map((part, index) => [part, index < parts.length - 1 && <mark>{secret}</mark>])}
      </pre>
      {made && <CopyButton text={text} kind="primary" />}
    </div>
  );
}

function FilePart({ file, secret, made }: PartProps & { file: ReadyFile }) {
  return (
    <div class="ready">
      <h3>
        <Icon name="file" />
        {file.name}
        {made && (
          <button type="button" class="btn small" onClick={() => save(file.name, file.text)}>
            <Icon name="save" />
            Save
          </button>
        )}
      </h3>
      <details class="more">
        <summary>
          {made ? "Look at it" : "What will stand in it"}: {file.text.split("\n").length} lines
        </summary>
        <Code text={file.text} secret={secret} made={made} prompt="" />
      </details>
    </div>
  );
}

/** Saves a text under a name, without asking anybody for it again. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
