// Starts what runs once per page load, then mounts the product.

import { options, render } from "preact";
import { outward } from "./api/base";
import { App } from "./app";
import { startClock } from "./state/clock";
import { startKeys } from "./state/keys";
import { inSpace, listen } from "./state/location";
import { loadSession } from "./state/session";
import { startTheme } from "./state/theme";
import "./styles/index.css";

/** Links name paths of the hub; a browser needs the space and what a proxy has put in front of them too. */
function completeLinks(): void {
  const before = options.vnode;
  options.vnode = (vnode) => {
    const props = vnode.props as { href?: unknown };
    if (vnode.type === "a" && typeof props.href === "string") props.href = outward(inSpace(props.href));
    before?.(vnode);
  };
}

const root = document.getElementById("app");
if (root) {
  completeLinks();
  startTheme();
  startClock();
  startKeys();
  listen();
  void loadSession();
  render(<App />, root);
}
