// A dashboard behind a public link: read only, without signing in. The token stands behind the # of the address, which no
// server sees; it stays there, so that the address can be kept.

import { useEffect, useState } from "preact/hooks";
import { linkOracle, publicDashboard } from "../api/dashboards";
import { sentence } from "../format/states";
import { board, closeBoard, showOnly } from "../state/board";
import { oracle, reloadValues } from "../state/board-values";
import { hash } from "../state/location";
import { ownStandard } from "../state/range";
import { nextTheme } from "../state/theme";
import { Icon, Logo } from "../widgets/icon";
import { RangeControl } from "../widgets/range-control";
import { RefreshMenu } from "../widgets/refresh-menu";
import { ErrorNote, Skeleton } from "../widgets/states";
import { VariableBar } from "../widgets/variable-bar";
import { Content, useBoard } from "./dashboard";
import "../styles/boards.css";

export function SharedPage() {
  const token = hash.value;
  const [from, setFrom] = useState("");
  const [error, setError] = useState("");
  useEffect(() => {
    oracle.value = linkOracle(token);
    reloadValues();
    setFrom("");
    setError("");
    publicDashboard(token).then(
      ({ dashboard, space }) => {
        showOnly(dashboard);
        setFrom(space);
        document.title = `${dashboard.title} · Muster`;
      },
      (failure: unknown) => setError(failure instanceof Error ? failure.message : String(failure)),
    );
    return () => {
      closeBoard();
      oracle.value = null;
      ownStandard.value = "";
    };
  }, [token]);
  useBoard();
  const known = board.value;
  return (
    <div class="shared">
      <header>
        <Logo />
        <h1>{known?.title ?? "Dashboard"}</h1>
        {from && <span class="dim">{from}</span>}
        {known && <RangeControl />}
        {known && <RefreshMenu />}
        <button
          type="button"
          class="icon-btn"
          aria-label="Theme"
          title="Theme: system, light, dark"
          onClick={nextTheme}
        >
          <Icon name="sun" />
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {known ? (
          <>
            <VariableBar />
            <Content />
          </>
        ) : error ? (
          <ErrorNote title="This link shows nothing" text={sentence(error)} />
        ) : (
          <Skeleton what="the dashboard" />
        )}
      </main>
    </div>
  );
}
