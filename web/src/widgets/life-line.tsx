// The life line: a certificate from issue to expiry, a tick at renewal, a ring at now.

import { useEffect, useRef, useState } from "preact/hooks";
import type { CredentialView } from "../api/types";
import { atMinute, moment, roughly, toMs } from "../format/times";
import { now } from "../state/clock";
import type { Life } from "./life";

const WIDE_PX = 350;
const Y = 9;

export function LifeLine({ credential, life }: { credential: CredentialView; life: Life }) {
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!host.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  const x = (share: number) => 5 + share * Math.max(0, width - 10);
  const at = (ns: number) => moment(toMs(ns), now.value);
  const issued = at(credential.not_before_ns);
  const renews = atMinute(toMs(credential.renew_ns));
  const expires = at(credential.not_after_ns);
  const wide = width > WIDE_PX;
  const left = (toMs(credential.renew_ns) - now.value) / 1000;
  const soon = wide && left > 0 ? `, in ${roughly(left)}` : "";
  return (
    <div ref={host} class={`life${life.expired ? " expired" : life.late ? " late" : ""}`}>
      <svg
        role="img"
        aria-label={`From ${issued}, renews about ${renews}, expires ${expires}; now ${at(now.value * 1e6)}`}
      >
        <path class="track" d={`M${x(0)} ${Y}H${x(1)}`} />
        <path class="done" d={`M${x(0)} ${Y}H${x(life.now)}`} />
        <path class="half" d={`M${x(life.renew)} 3v12`} />
        <circle class="now" cx={x(life.now)} cy={Y} r="5" />
        <text x={x(0) - 4} y="30">
          from {issued}
        </text>
        <text class="on" x={x(life.renew)} y="30" text-anchor="middle">
          {left > 0 ? "renews" : "renewal due"} {renews}
          {soon}
        </text>
        <text x={x(1) + 4} y="30" text-anchor="end">
          {wide ? "expires " : ""}
          {expires}
        </text>
      </svg>
    </div>
  );
}
