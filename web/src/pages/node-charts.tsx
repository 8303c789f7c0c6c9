// The charts of a node, section by section, once the hub has said what there is to draw.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { api } from "../api/client";
import type { NodeView, Offer } from "../api/types";
import type { ChartMark } from "../charts/marks";
import type { GapText } from "../charts/timeseries";
import { sentence } from "../format/states";
import { duration, NS_PER_S } from "../format/times";
import { spanMs } from "../state/range";
import { ChartCard } from "../widgets/chart-card";
import { CoresPanel } from "../widgets/cores-panel";
import { SectionTabs } from "../widgets/section-tabs";
import { Empty, ErrorNote, useWaiting } from "../widgets/states";
import { UnitsPanel } from "../widgets/units-panel";
import { useMarks } from "../widgets/use-marks";
import { coresOf, type Offered, offered } from "./offers";

const SOON_MS = 1_500;
const LATER_MS = 30_000;

interface Offers {
  list: Offer[] | null;
  error: string;
}

/** What can be drawn: asked again soon while there is nothing, so that a new node's first charts appear by themselves. */
function useOffers(node: string): Offers {
  const offers = useSignal<Offers>({ list: null, error: "" });
  useEffect(() => {
    let timer = 0;
    let on = true;
    const take = (next: Offers) => {
      if (!on) return;
      offers.value = next;
      timer = window.setTimeout(ask, next.list?.length ? LATER_MS : SOON_MS);
    };
    const ask = () =>
      api.series(node).then(
        (list) => take({ list, error: "" }),
        (error: unknown) =>
          take({ ...offers.peek(), error: error instanceof Error ? error.message : String(error) }),
      );
    void ask();
    return () => {
      on = false;
      clearTimeout(timer);
    };
  }, [node]);
  return offers.value;
}

/** `empty`: what stands there while the hub has no values of the node. */
export function NodeCharts({ node, empty }: { node: NodeView; empty?: ComponentChildren }) {
  const { list, error } = useOffers(node.id);
  const sections = useMemo(() => offered(list ?? []), [list]);
  const marks = useMarks(node);
  if (!list)
    return error ? (
      <ErrorNote title="What this node measures could not be read" text={sentence(error)} />
    ) : (
      <Reading />
    );
  if (!sections.length) return empty ?? <FirstValues node={node} />;
  const cores = coresOf(new Map(list.map((offer) => [offer.measurement, offer]))) ?? [];
  return (
    <>
      <SectionTabs sections={sections.map(({ section }) => ({ id: section.id, title: section.title }))} />
      {sections.map((part, index) => (
        <SectionView
          key={part.section.id}
          part={part}
          node={node}
          first={index === 0}
          {...{ cores, marks }}
        />
      ))}
    </>
  );
}

interface SectionViewProps {
  part: Offered;
  node: NodeView;
  cores: string[];
  marks: readonly ChartMark[];
  first: boolean;
}

function SectionView({ part, node, cores, marks, first }: SectionViewProps) {
  const { section, charts, panels } = part;
  const about = [section.about(node.facts), first ? stepText() : ""].filter(Boolean).join(", ");
  return (
    <section id={section.id} class="section" aria-labelledby={`${section.id}-title`}>
      <div class="sect">
        <h2 id={`${section.id}-title`}>{section.title}</h2>
        <span>{about}</span>
      </div>
      {panels.includes("units") && <UnitsPanel node={node.id} />}
      <div class="charts">
        {charts.map((spec, index) => (
          <ChartCard
            key={spec.id}
            spec={spec}
            node={node.id}
            facts={node.facts}
            marks={marks}
            gapText={first && index === 0 ? gapText(node) : null}
          />
        ))}
        {panels.includes("cores") && <CoresPanel node={node.id} cores={cores} />}
      </div>
    </section>
  );
}

const NEAR_S = 5; // a link comes up a moment before or after the first value

/** A gap that ends with a new link was one without a link; of others no more is known than that nothing came. */
function gapText(node: NodeView): GapText {
  const linked = node.link.since_ns / NS_PER_S;
  return (from, to) => (linked > from - NEAR_S && linked < to + NEAR_S ? "link down" : "no values");
}

const CHART_PX = 384; // the usual width of a chart in three columns

/** Says how far apart the drawn points lie when the range is long. */
function stepText(): string {
  const step = Math.ceil(spanMs.value / 1000 / CHART_PX);
  return step <= 1 ? "1 s samples" : `1 s samples, drawn at about ${duration(step)}`;
}

function Reading() {
  const { skeleton, words, seconds } = useWaiting();
  if (!skeleton) return null;
  return (
    <p class="soft" role="status">
      {words ? `Reading what this node measures, ${seconds} s so far.` : "Reading what this node measures."}
    </p>
  );
}

function FirstValues({ node }: { node: NodeView }) {
  const text =
    node.state === "live"
      ? "The link is up. The first charts appear within seconds of the first values."
      : "Nothing was received from this node so far. Its charts appear with its first values.";
  return (
    <div class="card">
      <Empty title="No values yet" text={text} />
    </div>
  );
}
