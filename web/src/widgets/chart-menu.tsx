// The menu of a chart: its table, and copies of link and query.

import type { ComponentChildren } from "preact";
import { toast } from "../state/toasts";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";

interface ChartMenuProps {
  title: string;
  query: () => string;
  more?: ComponentChildren;
  asTable: boolean;
  onTable: () => void;
}

export function ChartMenu({ title, query, more, asTable, onTable }: ChartMenuProps) {
  const copy = (text: string, what: string) =>
    navigator.clipboard.writeText(text).then(
      () => toast(`${what} is copied`),
      () => toast("The browser refused to copy", "crit"),
    );
  return (
    <Menu label={`${title}: table, copy`} button={<Icon name="more" />}>
      <Item icon="table" end={<kbd>v</kbd>} onPick={onTable}>
        {asTable ? "Show as a chart" : "Show as a table"}
      </Item>
      {more}
      <Item icon="link" onPick={() => void copy(location.href, "The link to this view")}>
        Copy link to this view
      </Item>
      <Item icon="terminal" onPick={() => void copy(query(), "The query")}>
        Copy as a query
      </Item>
    </Menu>
  );
}
