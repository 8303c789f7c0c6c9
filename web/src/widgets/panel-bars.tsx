// Panels of values between their least and their most: gauges, bars, and a square for each series.

import { useMemo } from "preact/hooks";
import type { Panel } from "../api/types";
import { type Field, type Shown, tilesOf } from "../charts/fields";
import { percentOf } from "../charts/levels";
import { Mark } from "./icon";

const MOST = 100;
const MANY = 20; // squares from which on they are small
const QUIET_PERCENT = 20;

interface PanelBarsProps {
  panel: Panel;
  fields: Field[];
}

interface Tile {
  field: Field;
  at: Shown;
  share: number; // 0 to 100
}

function useTiles(panel: Panel, fields: Field[]): Tile[] {
  return useMemo(() => {
    const tiles = tilesOf(panel, fields, MOST);
    const top = tiles.reduce(
      (most, { at }) => (typeof at.value === "number" ? Math.max(most, at.value) : most),
      0,
    );
    return tiles.map(({ field, at }) => {
      const max = field.max ?? (field.unit === "percent" ? 100 : field.unit === "ratio" ? 1 : top || 1);
      const share = typeof at.value === "number" ? percentOf(at.value, { min: field.min, max }) : 0;
      return { field, at, share: Math.max(0, Math.min(100, share)) };
    });
  }, [panel, fields]);
}

const levelClass = ({ at }: Tile): string => (at.level ? `lv-${at.level}` : "");
const State = ({ at }: Tile) =>
  at.level === "warn" || at.level === "crit" ? <Mark name={at.level} /> : null;

export function PanelBars({ panel, fields }: PanelBarsProps) {
  const tiles = useTiles(panel, fields);
  if (panel.options.shape === "squares") return <Squares tiles={tiles} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region must be reachable by keyboard.
    <ul class="bars" tabIndex={0} aria-label={panel.title}>
      {tiles.map((tile) => (
        <li key={tile.field.key} class={levelClass(tile)}>
          <span>{tile.field.label}</span>
          <b>
            <State {...tile} />
            {tile.at.text}
            {tile.at.unit && <small> {tile.at.unit}</small>}
          </b>
          <i class="bar" style={{ "--v": tile.share.toFixed(1) }} />
        </li>
      ))}
    </ul>
  );
}

/** Filled from below, the number inside; dim while there is nothing to see. */
function Squares({ tiles }: { tiles: Tile[] }) {
  const columns = Math.min(tiles.length, Math.max(4, Math.ceil(Math.sqrt(tiles.length * 1.1))));
  return (
    <div class="cores">
      <ol class={tiles.length > MANY ? "many" : ""} style={{ "--columns": columns }}>
        {tiles.map((tile) => (
          <li
            key={tile.field.key}
            class={`${levelClass(tile)} ${tile.share < QUIET_PERCENT ? "dim" : ""}`}
            title={`${nameOf(tile.field)}: ${tile.at.text} ${tile.at.unit}`}
            style={{ "--v": tile.share.toFixed(1) }}
          >
            <b>{tile.at.text}</b>
          </li>
        ))}
      </ol>
    </div>
  );
}

const nameOf = (field: Field): string =>
  Object.entries(field.tags)
    .map(([key, value]) => `${key} ${value}`)
    .join(", ") || field.label;

// A half circle, drawn by the length of its dash.
const ARC = "M8 50a42 42 0 0 1 84 0";

export function PanelGauge({ panel, fields }: PanelBarsProps) {
  const tiles = useTiles(panel, fields);
  return (
    <div class="gauges">
      {tiles.map((tile) => (
        <figure key={tile.field.key} class={`gauge ${levelClass(tile)}`}>
          <svg viewBox="0 0 100 58" aria-hidden="true">
            <path d={ARC} pathLength="100" class="track" />
            {tile.share > 0 && <path d={ARC} pathLength="100" stroke-dasharray={`${tile.share} 200`} />}
            {limitsOf(tile).map((at) => (
              <path
                key={at}
                d={ARC}
                pathLength="100"
                class="tick"
                stroke-dasharray="0.8 200"
                stroke-dashoffset={-at}
              />
            ))}
          </svg>
          <figcaption>
            <b>
              <State {...tile} />
              {tile.at.text}
              {tile.at.unit && <small>{tile.at.unit}</small>}
            </b>
            {tiles.length > 1 && <span>{tile.field.label}</span>}
          </figcaption>
        </figure>
      ))}
    </div>
  );
}

/** Where the limits lie on the arc. */
function limitsOf({ field }: Tile): number[] {
  const max = field.max ?? (field.unit === "ratio" ? 1 : 100);
  return field.thresholds.flatMap(({ value }) => {
    if (typeof value !== "number") return [];
    const at = field.mode === "percent" ? value : percentOf(value, { min: field.min, max });
    return at > 0 && at < 100 ? [at] : [];
  });
}
