// All dashboards of a space: found by words and tags, both in the address.

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import type { DashboardRow } from "../api/types";
import { sentence } from "../format/states";
import { exactly, moment, toMs } from "../format/times";
import { grouped } from "../format/units";
import { dashboardAddress } from "../routes";
import { hasDraft } from "../state/board";
import { fitting, loadBoards, rows, rowsError, tagsOf } from "../state/boards";
import { hubNow } from "../state/clock";
import { bind } from "../state/keys";
import { param, setParams } from "../state/location";
import { isEditor, spaceId, spaceName } from "../state/session";
import { Button, Chip, Tag } from "../widgets/controls";
import { Badge, Icon } from "../widgets/icon";
import { ImportBoard, NewBoard } from "../widgets/new-board";
import { Shell } from "../widgets/shell";
import { Empty, ErrorNote, Skeleton } from "../widgets/states";
import "../styles/boards.css";

const MOST_TAGS = 12;

export function DashboardsPage() {
  const space = spaceId.value;
  const making = useSignal<"" | "new" | "import">("");
  useEffect(() => void loadBoards(space), [space]);
  useLayoutEffect(() => bind("Dashboards", [{ keys: "/", what: "Find", run: focusFilter }]), []);
  const close = () => {
    making.value = "";
  };
  const own = { space, rows: rows.value ?? [], onClose: close };
  return (
    <Shell title="Dashboards" crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "Dashboards" }]}>
      <div class="pagehead">
        <div>
          <h1>Dashboards</h1>
        </div>
        {isEditor.value && (
          <div class="chips">
            <Button onClick={() => (making.value = "import")}>Import</Button>
            <Button kind="primary" icon="plus" onClick={() => (making.value = "new")}>
              New dashboard
            </Button>
          </div>
        )}
      </div>
      <List />
      {making.value === "new" && <NewBoard {...own} />}
      {making.value === "import" && <ImportBoard {...own} />}
    </Shell>
  );
}

const focusFilter = () => document.getElementById("filter")?.focus();

function List() {
  const list = rows.value;
  if (!list)
    return rowsError.value ? (
      <ErrorNote
        title="The dashboards could not be read"
        text={sentence(rowsError.value)}
        onRetry={() => void loadBoards(spaceId.value)}
      />
    ) : (
      <Skeleton what="the dashboards" />
    );
  const tags = param("tag").split(",").filter(Boolean);
  const found = fitting(list, param("q"), tags);
  return (
    <>
      <Filters list={list} tags={tags} found={found.length} />
      {found.length ? <Table list={found} /> : <Nothing any={list.length > 0} />}
    </>
  );
}

interface FiltersProps {
  list: DashboardRow[];
  tags: string[];
  found: number;
}

function Filters({ list, tags, found }: FiltersProps) {
  const toggle = (tag: string) => {
    const next = tags.includes(tag) ? tags.filter((each) => each !== tag) : [...tags, tag];
    setParams({ tag: next.join(",") });
  };
  return (
    <search class="filters">
      <label class="input">
        <Icon name="search" />
        <span class="vh">Find dashboards</span>
        <input
          id="filter"
          type="search"
          placeholder="Find by title, tag or words"
          value={param("q")}
          onInput={(event) => setParams({ q: event.currentTarget.value }, true)}
        />
        <kbd>/</kbd>
      </label>
      <div class="chips">
        {tagsOf(list)
          .slice(0, MOST_TAGS)
          .map(([tag, count]) => (
            <Chip key={tag} pressed={tags.includes(tag)} onClick={() => toggle(tag)}>
              {tag} <small class="dim">{grouped(count)}</small>
            </Chip>
          ))}
      </div>
      <span class="end" role="status">
        {grouped(found)} of {grouped(list.length)}
      </span>
    </search>
  );
}

const Table = ({ list }: { list: DashboardRow[] }) => (
  <div class="tablewrap">
    <table class="boards">
      <thead>
        <tr>
          <th scope="col">Dashboard</th>
          <th scope="col">Tags</th>
          <th scope="col">Kept as</th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        {list.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  </div>
);

function Row({ row }: { row: DashboardRow }) {
  const changed = toMs(row.changed_ns);
  return (
    <tr>
      <th scope="row">
        {row.error ? <b>{row.id}</b> : <a href={dashboardAddress(row.id)}>{row.title}</a>}
        {hasDraft(row.id) && <Tag>not saved</Tag>}
        {row.error ? (
          <small class="bad-text">
            <Badge name="crit">Cannot be used</Badge> {row.error}
          </small>
        ) : (
          row.description && <small>{row.description}</small>
        )}
      </th>
      <td class="tags">
        {row.tags.map((tag) => (
          <Tag key={tag}>{tag}</Tag>
        ))}
      </td>
      <td class="soft">
        {row.built_in ? "built in" : <code>{row.id}.toml</code>}
        {row.links > 0 && <Tag>public</Tag>}
      </td>
      <td class="soft">{changed > 0 && <time title={exactly(changed)}>{moment(changed, hubNow())}</time>}</td>
    </tr>
  );
}

const Nothing = ({ any }: { any: boolean }) => (
  <div class="card">
    {any ? (
      <Empty title="No dashboard is like that" text="Titles, tags and descriptions are searched.">
        <Button onClick={() => setParams({ q: "", tag: "" })}>Show all</Button>
      </Empty>
    ) : (
      <Empty
        title="There is no dashboard in this space"
        text="Make one here, import one from Grafana, or put a TOML file into the hub's folder."
      />
    )}
  </div>
);
