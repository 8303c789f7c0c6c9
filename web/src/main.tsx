// Starts what runs once per page load, then mounts the product.

import { options, render } from "preact";
import { base, outward } from "./api/base";
import { App } from "./app";
import { startClock } from "./state/clock";
import { startKeys } from "./state/keys";
import { listen } from "./state/location";
import { loadSession } from "./state/session";
import { startTheme } from "./state/theme";
import "./styles/index.css";

/** Links name paths of the hub; a browser needs what a proxy has put in front of them too. */
function putLinksUnderBase(): void {
  const before = options.vnode;
  options.vnode = (vnode) => {
    const props = vnode.props as { href?: unknown };
    if (vnode.type === "a" && typeof props.href === "string") props.href = outward(props.href);
    before?.(vnode);
  };
}

const root = document.getElementById("app");
if (root) {
  if (base) putLinksUnderBase();
  startTheme();
  startClock();
  startKeys();
  listen();
  void loadSession();
  render(<App />, root);
}
