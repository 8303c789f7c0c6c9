// Which page the address means, behind the question who is signed in.

import { useEffect } from "preact/hooks";
import { ConnectPage } from "./pages/connect";
import { IdentityPage } from "./pages/identity";
import { NodePage } from "./pages/node";
import { NodesPage } from "./pages/nodes";
import { SignIn } from "./pages/sign-in";
import { Unknown } from "./pages/unknown";
import { startConnection, stopConnection } from "./state/connection";
import { route } from "./state/location";
import { loadSession, session, sessionError } from "./state/session";
import { ErrorNote } from "./widgets/states";

export function App() {
  const who = session.value;
  const signedIn = who !== null && who !== "unknown";
  useEffect(() => {
    if (!signedIn) return undefined;
    startConnection();
    return stopConnection;
  }, [signedIn]);
  if (who === "unknown") return sessionError.value ? <HubAway /> : null;
  return signedIn ? <Page /> : <SignIn />;
}

function Page() {
  const current = route.value;
  switch (current.page) {
    case "nodes":
      return <NodesPage />;
    case "node":
      return <NodePage id={current.id} />;
    case "connect":
      return <ConnectPage />;
    case "identity":
      return <IdentityPage />;
    case "unknown":
      return <Unknown path={current.path} />;
  }
}

const HubAway = () => (
  <main class="alone">
    <ErrorNote
      title="The hub does not answer"
      text={`The reason: ${sessionError.value}. Nothing is shown until it is known who you are.`}
      onRetry={() => void loadSession()}
    />
  </main>
);
