// Whether this is a hub that nobody has connected anything to: then the first page is a welcome.

import { loaded, nodes } from "./nodes";
import { isAdmin, ownSpaces } from "./session";

const STORE = "muster.welcomed";

/** No machine but perhaps the hub's own, an admin who looks, and not told before in this browser. */
export function isFirstRun(): boolean {
  if (!loaded.value || !isAdmin.value || ownSpaces.value.length !== 1 || wasWelcomed()) return false;
  return [...nodes.value.values()].every((node) => node.local);
}

function wasWelcomed(): boolean {
  try {
    return sessionStorage.getItem(STORE) === "yes";
  } catch {
    return true; // without storage nobody would ever get past the welcome
  }
}

export function welcome(): void {
  try {
    sessionStorage.setItem(STORE, "yes");
  } catch {
    // see above
  }
}
