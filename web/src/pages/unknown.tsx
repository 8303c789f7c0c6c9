// An address that means nothing here.

import { spaceName } from "../state/session";
import { Shell } from "../widgets/shell";
import { Empty } from "../widgets/states";

export const Unknown = ({ path }: { path: string }) => (
  <Shell title="No such page" crumbs={[{ text: spaceName.value, href: "/nodes" }, { text: "No such page" }]}>
    <h1 class="vh">No such page</h1>
    <div class="card">
      <Empty title="No such page" text={`Nothing has the address ${path}.`}>
        <a class="btn primary" href="/nodes">
          All nodes
        </a>
      </Empty>
    </div>
  </Shell>
);
