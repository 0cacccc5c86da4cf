/** @jsxImportSource hono/jsx */
/** How long an incident's service level leaves: icon and words, the point in time in the title. */
import type { SlaStatus } from "../../../../../core/tickets/sla.ts";
import { Icon } from "../../parts/icon.tsx";
import { lengthOf, stamp } from "../../parts/time.tsx";
import { useViewing } from "../../parts/viewing.ts";

const looks = {
  breached: { icon: "circle-alert", tone: "bad" },
  at_risk: { icon: "hourglass", tone: "wait" },
  on_track: { icon: null, tone: "soft" },
} as const;

/** `at`: ISO 8601; null = nothing is due, because it is finished. */
export const Due = ({ at, sla }: { at: string | null; sla: SlaStatus | null }) => {
  const viewing = useViewing();
  if (at === null || sla === null) return <span class="quiet">finished</span>;
  const { icon, tone } = looks[sla];
  const left = Date.parse(at) - viewing.now;
  const words = left <= 0 ? `${lengthOf(Math.max(-left, 60_000))} over` : `${lengthOf(Math.max(left, 60_000))} left`;
  return (
    <time class={`nowrap ${tone}`} datetime={at} title={`due ${stamp(Date.parse(at), viewing)}`}>
      {icon === null ? null : <Icon n={icon} s={12} c="inl" />}
      {words}
    </time>
  );
};
