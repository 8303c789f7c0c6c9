// Which page the address means, behind the question who is signed in.

import { useSignalEffect } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { NoSpace } from "./pages/no-space";
import { NodesPage } from "./pages/nodes";
import { Return } from "./pages/return";
import { SecondFactor } from "./pages/second-factor";
import { SignIn } from "./pages/sign-in";
import { Unknown } from "./pages/unknown";
import { startConnection, stopConnection } from "./state/connection";
import { forgetAll } from "./state/forget";
import { navigate, route } from "./state/location";
import { allNodes } from "./state/nodes";
import { factor, loadSession, paused, session, sessionError, space } from "./state/session";
import { followNode } from "./state/spaces";
import { ErrorNote } from "./widgets/states";
import { StepUp } from "./widgets/step-up";

const NodePage = later(() => import("./pages/node").then((page) => page.NodePage));
const ConnectPage = later(() => import("./pages/connect").then((page) => page.ConnectPage));
const AirGapPage = later(() => import("./pages/air-gap").then((page) => page.AirGapPage));
const ApprovalsPage = later(() => import("./pages/approvals").then((page) => page.ApprovalsPage));
const IdentityPage = later(() => import("./pages/identity").then((page) => page.IdentityPage));
const InvitationPage = later(() => import("./pages/invitation").then((page) => page.InvitationPage));
const AccountPage = later(() => import("./pages/account").then((page) => page.AccountPage));
const SpacesPage = later(() => import("./pages/spaces").then((page) => page.SpacesPage));
const RoomPage = later(() => import("./pages/room").then((page) => page.RoomPage));
const PeoplePage = later(() => import("./pages/people").then((page) => page.PeoplePage));
const AuditPage = later(() => import("./pages/audit").then((page) => page.AuditPage));
const PkiPage = later(() => import("./pages/pki").then((page) => page.PkiPage));
const BackupsPage = later(() => import("./pages/backups").then((page) => page.BackupsPage));
const TrustPage = later(() => import("./pages/trust").then((page) => page.TrustPage));
const DashboardsPage = later(() => import("./pages/dashboards").then((page) => page.DashboardsPage));
const DashboardPage = later(() => import("./pages/dashboard").then((page) => page.DashboardPage));
const ExplorePage = later(() => import("./pages/explore").then((page) => page.ExplorePage));
const ProbesPage = later(() => import("./pages/probes").then((page) => page.ProbesPage));
const SharedPage = later(() => import("./pages/shared").then((page) => page.SharedPage));
const WelcomePage = later(() => import("./pages/welcome").then((page) => page.WelcomePage));

/** A page in a file of its own, fetched when it is first opened, or before that when the browser has time. */
function later<P extends object>(load: () => Promise<FunctionComponent<P>>): FunctionComponent<P> {
  let known: FunctionComponent<P> | null = null;
  const fetched = async () => {
    known ??= await load();
    return known;
  };
  setTimeout(() => void fetched().catch(() => {}), 2_000);
  return function Later(props: P) {
    const [Page, setPage] = useState(() => known);
    const [failed, setFailed] = useState(false);
    const bring = () => {
      setFailed(false);
      fetched().then(
        (page) => setPage(() => page),
        () => setFailed(true),
      );
    };
    useEffect(() => {
      if (!Page) bring();
    }, []);
    if (Page) return <Page {...props} />;
    return failed ? <PageAway onRetry={bring} /> : null;
  };
}

export function App() {
  const who = session.value;
  const signedIn = who !== null && who !== "unknown";
  useEffect(() => {
    if (!signedIn) return undefined;
    startConnection();
    return () => {
      stopConnection();
      forgetAll();
    };
  }, [signedIn]);
  if (route.value.page === "trust") return <TrustPage />;
  if (route.value.page === "shared") return <SharedPage />;
  if (route.value.page === "invitation") return <InvitationPage />;
  if (who === "unknown") return sessionError.value ? <HubAway /> : null;
  if (!signedIn) return factor.value ? <SecondFactor key={factor.value} /> : <SignIn />;
  // Another space is another world: nothing of the one before stays on screen.
  return (
    <>
      {space.value ? <Page key={space.value.id} /> : <NoSpace />}
      <StepUp />
      {paused.value && <Return />}
    </>
  );
}

function Page() {
  const current = route.value;
  useSignalEffect(() => {
    allNodes.value;
    if (route.value.page === "node") followNode(route.value.id);
  });
  switch (current.page) {
    case "sign-in":
      return <Arrived />;
    case "nodes":
      return <NodesPage />;
    case "node":
      return <NodePage id={current.id} />;
    case "connect":
      return <ConnectPage />;
    case "air-gap":
      return <AirGapPage />;
    case "approvals":
      return <ApprovalsPage />;
    case "identity":
      return <IdentityPage />;
    case "account":
      return <AccountPage />;
    case "spaces":
      return <SpacesPage />;
    case "room":
      return <RoomPage id={current.id} />;
    case "people":
      return <PeoplePage />;
    case "audit":
      return <AuditPage />;
    case "pki":
      return <PkiPage />;
    case "backups":
      return <BackupsPage />;
    case "dashboards":
      return <DashboardsPage />;
    case "dashboard":
      return <DashboardPage key={current.id} id={current.id} />;
    case "probes":
      return <ProbesPage />;
    case "explore":
      return <ExplorePage />;
    case "trust": // App has answered it, and what is shared by a link too
    case "shared":
      return null;
    case "welcome":
      return <WelcomePage />;
    case "invitation": // stands before the question who is signed in
      return null;
    case "unknown":
      return <Unknown path={current.path} />;
  }
}

/** The sign-in page has done its work: its address leads to the first page. */
function Arrived() {
  useEffect(() => navigate("/nodes", true), []);
  return null;
}

/** A hub that is started again answers soon; one of another version has other files, which a reload finds. */
const PageAway = ({ onRetry }: { onRetry: () => void }) => (
  <main class="alone">
    <ErrorNote
      title="This page could not be fetched"
      text="The hub does not answer now, or has been updated since this page was loaded. If trying again does not help, load the page anew."
      onRetry={onRetry}
    />
  </main>
);

const HubAway = () => (
  <main class="alone">
    <ErrorNote
      title="The hub does not answer"
      text={`The reason: ${sessionError.value}. Nothing is shown until it is known who you are.`}
      onRetry={() => void loadSession()}
    />
  </main>
);
