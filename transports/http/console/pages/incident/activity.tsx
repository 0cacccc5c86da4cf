/** @jsxImportSource hono/jsx */
/** Detections per hour, up to the last hour in which there were any. */
import { HourChart, type HourOfActivity } from "../../parts/charts/chart.tsx";
import { levelOf } from "../../parts/severity.tsx";
import { Panel } from "../../parts/words.tsx";
import type { IncidentDetail } from "./incident-detail.ts";

const hourMs = 3_600_000;
const mostHours = 48;

export const Activity = ({ incident }: { incident: IncidentDetail }) => {
  const { activity } = incident;
  const last = Date.parse(activity.at(-1)?.hour ?? "");
  if (Number.isNaN(last)) return null;
  const first = Date.parse(activity[0]?.hour ?? "");
  const known = new Map(activity.map(({ hour, alarms: _, ...counts }) => [Date.parse(hour), counts]));
  const span = Math.min(mostHours, Math.max(12, (last - first) / hourMs + 1));
  const hours = Array.from({ length: span }, (_, i): HourOfActivity => {
    const at = last - (span - 1 - i) * hourMs;
    const counts = Object.entries(known.get(at) ?? {}).map(([level, count]) => [levelOf(level), Number(count)]);
    return { at, counts: Object.fromEntries(counts) };
  });
  const note = (last - first) / hourMs + 1 > mostHours ? `the last ${mostHours} hours of it` : undefined;
  return (
    <Panel title="Detections per hour" id="activity" {...(note === undefined ? {} : { note })}>
      <div class="body">
        <HourChart hours={hours} />
      </div>
    </Panel>
  );
};
