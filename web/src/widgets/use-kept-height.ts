// The place that a panel keeps on a phone until its values are there: what it took last, else what is to be expected.

import { useEffect } from "preact/hooks";
import type { Panel } from "../api/types";
import { board } from "../state/board";
import { merged } from "../state/board-choices";
import type { PlacedPanel } from "../state/board-layout";
import { chosen } from "../state/board-values";
import { expectedHeight, heights } from "../state/heights";
import { isPhone } from "../state/media";
import type { PanelFeed } from "../state/panel-feed";

/** Kinds that are as tall as what they hold where there is one column. */
const isFree = ({ kind, options }: Panel): boolean =>
  kind === "table" || kind === "stat" || (kind === "bar" && options.shape === "squares");

/** Pixels, or undefined for a panel that needs none kept. */
export function useKeptHeight(
  host: { readonly current: HTMLElement | null },
  placed: PlacedPanel,
  feed: PanelFeed,
) {
  const { panel, key, scope } = placed;
  const name = `${board.value?.id ?? ""} ${key}`;
  const free = isPhone.value && isFree(panel);
  useEffect(() => {
    if (free && feed.answer && host.current) heights.keep(name, host.current.offsetHeight);
  }, [free, name, feed.answer]);
  if (!free || feed.answer) return undefined;
  const known = heights.of(name);
  if (known || panel.kind !== "table") return known;
  return expectedHeight(panel, merged(chosen.value.choices, scope));
}
