// Certificates of other services: issued from requests, renewed, revoked; and the one that browsers see.

import { useEffect } from "preact/hooks";
import { sentence } from "../format/states";
import { param, setParams } from "../state/location";
import { certificates, loadPki, pkiError } from "../state/pki";
import { spaceName } from "../state/session";
import { isHubAdmin, loadSpaces, spaces } from "../state/spaces";
import { Icon } from "../widgets/icon";
import { PkiCards } from "../widgets/pki-cards";
import { PkiDeed } from "../widgets/pki-deeds";
import { PkiSign } from "../widgets/pki-sign";
import { PkiTable } from "../widgets/pki-table";
import { Shell } from "../widgets/shell";
import { Empty, ErrorNote, Skeleton } from "../widgets/states";

export function PkiPage() {
  const admin = isHubAdmin.value;
  useEffect(() => void loadSpaces(), []);
  useEffect(() => {
    if (admin) void loadPki();
  }, [admin]);
  const close = () => setParams({ do: "", id: "" }, true);
  const crumbs = [
    { text: spaceName.value, href: "/nodes" },
    { text: "Identity", href: "/identity" },
    { text: "Other services" },
  ];
  return (
    <Shell settles title="Certificates of other services" crumbs={crumbs}>
      <div class="pagehead">
        <div>
          <h1>Certificates of other services</h1>
          <p>
            For your own servers and clients, from a CA of their own: none of them can ever be a node or the
            hub.
          </p>
        </div>
        {admin && (
          <button type="button" class="btn primary" onClick={() => setParams({ do: "sign" })}>
            <Icon name="plus" />
            Issue from a request
          </button>
        )}
      </div>
      {admin ? <Content /> : spaces.value.length > 0 && <NotForYou />}
      {admin && param("do") === "sign" && <PkiSign onClose={close} />}
      {admin && param("id") && <PkiDeed deed={param("do")} id={param("id")} onClose={close} />}
    </Shell>
  );
}

const NotForYou = () => (
  <div class="card">
    <Empty
      title="Only an admin of the hub issues these"
      text="That is an admin of the hub's own space. One of them can give you the role."
    />
  </div>
);

function Content() {
  const list = certificates.value;
  if (!list)
    return pkiError.value ? (
      <ErrorNote
        title="The certificates could not be read"
        text={sentence(pkiError.value)}
        onRetry={() => void loadPki()}
      />
    ) : (
      <Skeleton what="the certificates" />
    );
  return (
    <div class="stackv">
      <PkiTable list={list} />
      <PkiCards />
    </div>
  );
}
