// One line of the command palette.

import type { Hit } from "./fuzzy";
import { Icon, type IconName, Mark, type MarkName } from "./icon";

export interface Entry {
  group: "Nodes" | "Rooms" | "Dashboards" | "Pages" | "Actions";
  name: string;
  end: string;
  keys?: string;
  mark?: MarkName;
  icon?: IconName;
  run: () => void;
}

interface HitLineProps {
  hit: Hit<Entry>;
  before: Hit<Entry> | undefined;
  index: number;
  at: number;
  run: (hit: Hit<Entry>) => void;
}

export function HitLine({ hit, before, index, at, run }: HitLineProps) {
  const { entry, parts } = hit;
  return (
    <>
      {before?.entry.group !== entry.group && (
        <p role="presentation" class="group">
          {entry.group}
        </p>
      )}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the combobox above. */}
      <div
        id={`hit-${index}`}
        role="option"
        tabIndex={-1}
        aria-selected={index === at}
        onClick={() => run(hit)}
      >
        {entry.mark && <Mark name={entry.mark} />}
        {entry.icon && <Icon name={entry.icon} />}
        <span>{parts.map((part) => (part.hit ? <u>{part.text}</u> : part.text))}</span>
        <span class="end">
          {entry.keys ? entry.keys.split(" ").map((key) => <kbd>{key}</kbd>) : entry.end}
        </span>
      </div>
    </>
  );
}
