// Beside the field of Explore: the database, and what is done with a query or its answer.

import { fieldsOf } from "../charts/fields";
import { curlOf, explored, PLAIN, type Written } from "../state/explore";
import { setParams } from "../state/location";
import { databases } from "../state/schema";
import { toast } from "../state/toasts";
import { Icon } from "./icon";
import { Item, Menu } from "./menu";
import { csvOfFields } from "./panel-files";
import { saveText } from "./save";

/** InfluxQL asks one database, PromQL all of them unless one is chosen. */
export function DatabasePick({ value, all }: { value: string; all: boolean }) {
  const known = databases().filter((name) => all || name !== "muster");
  const listed = value && !known.includes(value) ? [value, ...known] : known;
  return (
    <label class="of-database">
      <span>Database</span>
      <select value={value} onChange={(event) => setParams({ db: event.currentTarget.value })}>
        <option value="" selected={!value}>
          {all ? "all of them" : "muster"}
        </option>
        {listed.map((name) => (
          <option key={name} value={name} selected={name === value}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function ExploreMenu({ asked }: { asked: Written }) {
  const { answer } = explored.value;
  const copy = (text: string, what: string) =>
    navigator.clipboard.writeText(text).then(
      () => toast(`${what} is copied`),
      () => toast("The browser refused to copy", "crit"),
    );
  const csv = () => {
    const fields = answer ? fieldsOf(PLAIN, answer.answers) : [];
    saveText("explore.csv", csvOfFields(PLAIN, fields), "text/csv");
  };
  const json = () =>
    saveText("explore.json", `${JSON.stringify(answer?.answers ?? [], null, 2)}\n`, "application/json");
  return (
    <Menu label="Copy and export" class="btn" button={<Icon name="more" />}>
      <Item icon="terminal" onPick={() => void copy(curlOf(asked), "The command")}>
        Copy as curl
      </Item>
      <Item icon="link" onPick={() => void copy(location.href, "The link to this view")}>
        Copy link to this view
      </Item>
      <Item icon="save" onPick={csv}>
        Export CSV
      </Item>
      <Item icon="save" onPick={json}>
        Export JSON
      </Item>
    </Menu>
  );
}
