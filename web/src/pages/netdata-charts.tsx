// The charts of a Netdata node by section, as its contexts say; while it is away, what this hub has kept of it.

import { useComputed, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { netdata } from "../api/netdata";
import type { NodeView } from "../api/types";
import { type NetdataSection, netdataSections } from "../charts/netdata";
import { sentence } from "../format/states";
import { grouped, plural } from "../format/units";
import { param, setParams } from "../state/location";
import { edges } from "../state/range";
import { Button } from "../widgets/controls";
import { Icon } from "../widgets/icon";
import { NetdataChart } from "../widgets/netdata-chart";
import { SectionTabs } from "../widgets/section-tabs";
import { Empty, ErrorNote } from "../widgets/states";
import { usePolled } from "../widgets/use-polled";

const EVERY_MS = 15_000; // new contexts appear by themselves
const OPEN = 9; // charts of a section that stand there without being asked for
const STEP_S = 60;

interface NetdataChartsProps {
  node: NodeView;
  before: { id: string; title: string }[]; // sections that stand before the charts: the children
  children: ComponentChildren;
}

export function NetdataCharts({ node, before, children }: NetdataChartsProps) {
  const { data, error } = usePolled(() => netdata.contexts(node.id), EVERY_MS, node.id);
  const text = param("find");
  const fromS = useComputed(() => Math.floor(edges().fromMs / 1000 / STEP_S) * STEP_S).value;
  const contexts = data?.contexts;
  const sections = useMemo(() => netdataSections(contexts ?? [], fromS, text), [contexts, fromS, text]);
  return (
    <>
      <SectionTabs sections={[...before, ...sections]} />
      {children}
      {contexts ? (
        <Found node={node} sections={sections} total={contexts.length} text={text} />
      ) : (
        error && <ErrorNote title="What this node measures could not be read" text={sentence(error)} />
      )}
    </>
  );
}

interface FoundProps {
  node: NodeView;
  sections: NetdataSection[];
  total: number;
  text: string;
}

function Found({ node, sections, total, text }: FoundProps) {
  const count = sections.reduce((sum, { charts }) => sum + charts.length, 0);
  return (
    <>
      <search class="filters find-chart">
        <label class="input">
          <Icon name="search" />
          <span class="vh">Find charts</span>
          <input
            type="search"
            placeholder="Find charts by name, family or unit"
            value={text}
            onInput={(event) => setParams({ find: event.currentTarget.value }, true)}
          />
        </label>
        <span class="end" role="status">
          {grouped(count)} of {plural(total, "chart")}
        </span>
      </search>
      {sections.map((section, index) => (
        <Section key={section.id} section={section} node={node} first={index === 0} all={text !== ""} />
      ))}
      {!sections.length && <Nothing node={node} text={text} />}
    </>
  );
}

interface SectionProps {
  section: NetdataSection;
  node: NodeView;
  first: boolean;
  all: boolean;
}

function Section({ section: { id, title, charts }, node, first, all }: SectionProps) {
  const open = useSignal(false);
  const shown = all || open.value ? charts : charts.slice(0, OPEN);
  const more = charts.length - shown.length;
  return (
    <section id={id} class="section" aria-labelledby={`${id}-title`}>
      <div class="sect">
        <h2 id={`${id}-title`}>{title}</h2>
        <span>{plural(charts.length, "chart")}</span>
      </div>
      <div class="charts">
        {shown.map((spec, index) => (
          <NetdataChart
            key={spec.id}
            spec={spec}
            node={node.id}
            gapText={first && index === 0 ? () => "no values" : null}
          />
        ))}
      </div>
      {more > 0 && (
        <p class="more-charts">
          <Button small icon="plus" onClick={() => (open.value = true)}>
            {plural(more, "more chart")} of {title}
          </Button>
        </p>
      )}
    </section>
  );
}

function Nothing({ node, text }: { node: NodeView; text: string }) {
  if (text)
    return (
      <div class="card">
        <Empty title={`No chart is called “${text}”`} text="Names, families and units are searched.">
          <button type="button" class="btn" onClick={() => setParams({ find: "" })}>
            Show all charts
          </button>
        </Empty>
      </div>
    );
  return (
    <div class="card">
      <Empty
        title="No charts in this range"
        text={
          node.state === "live"
            ? "The agent tells its charts within seconds of its first link."
            : "The agent tells its charts when it is linked."
        }
      />
    </div>
  );
}
