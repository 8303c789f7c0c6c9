// One section of an identity card: its name, its verdict, and what it rests on.

import type { ComponentChildren } from "preact";
import { Badge, Icon, type IconName, type MarkName } from "./icon";

export interface PartProps {
  name: string;
  icon: IconName;
  mark: MarkName;
  verdict: string;
  children: ComponentChildren;
}

export const Part = ({ name, icon, mark, verdict, children }: PartProps) => (
  <section aria-label={name}>
    <h2>
      <Icon name={icon} />
      {name}
      <Badge name={mark}>{verdict}</Badge>
    </h2>
    {children}
  </section>
);
