// Starts what runs once per page load, then mounts the product.

import { render } from "preact";
import { App } from "./app";
import { startClock } from "./state/clock";
import { startKeys } from "./state/keys";
import { listen } from "./state/location";
import { loadSession } from "./state/session";
import { startTheme } from "./state/theme";
import "./styles/index.css";

const root = document.getElementById("app");
if (root) {
  startTheme();
  startClock();
  startKeys();
  listen();
  void loadSession();
  render(<App />, root);
}
