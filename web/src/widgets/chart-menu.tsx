// The menu of a chart: its table, and copies of link and query.

import { type ChartSpec, questionOf } from "../charts/chart";
import { edges } from "../state/range";
import { toast } from "../state/toasts";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";

interface ChartMenuProps {
  spec: ChartSpec;
  node: string;
  asTable: boolean;
  onTable: () => void;
}

export function ChartMenu({ spec, node, asTable, onTable }: ChartMenuProps) {
  const copy = (text: string, what: string) =>
    navigator.clipboard.writeText(text).then(
      () => toast(`${what} is copied`),
      () => toast("The browser refused to copy", "crit"),
    );
  return (
    <Menu label={`${spec.title}: table, copy`} button={<Icon name="more" />}>
      <Item icon="table" end={<kbd>v</kbd>} onPick={onTable}>
        {asTable ? "Show as a chart" : "Show as a table"}
      </Item>
      <Item icon="link" onPick={() => void copy(location.href, "The link to this view")}>
        Copy link to this view
      </Item>
      <Item icon="terminal" onPick={() => void copy(queryText(spec, node), "The query")}>
        Copy as a query
      </Item>
    </Menu>
  );
}

/** The same question for the HTTP API, with the range on screen. */
function queryText(spec: ChartSpec, node: string): string {
  const { fromMs, toMs } = edges();
  const question = questionOf(spec, node, 600);
  return JSON.stringify({ ...question, start_ns: Math.round(fromMs) * 1e6, end_ns: Math.round(toMs) * 1e6 });
}
