/** @jsxImportSource hono/jsx */
/** The areas of System Settings > Settings, in their order, and what each of their pages has around it. */
import type { Child } from "hono/jsx";

interface Area {
  /** The section of the API. */
  section: string;
  title: string;
  path: string;
}

export const settingsPath = "/settings";

export const areas = [
  { section: "correlation", title: "Correlation and scoring", path: "/settings/correlation" },
  { section: "sla", title: "Service levels", path: "/settings/service-levels" },
  { section: "routing", title: "Names and routing", path: "/settings/routing" },
  { section: "masking", title: "Masking", path: "/settings/masking" },
  { section: "retention", title: "Retention", path: "/settings/retention" },
  { section: "backup", title: "Backups", path: "/settings/backups" },
  { section: "network", title: "Network", path: "/settings/network" },
  { section: "logging", title: "Log", path: "/settings/logging" },
] as const satisfies readonly Area[];

export type AreaSection = (typeof areas)[number]["section"];

/** @throws Error for a section without a page: a defect */
export function areaOf(section: AreaSection): Area {
  const found = areas.find((area) => area.section === section);
  if (found === undefined) throw new Error(`${section} has no page`);
  return found;
}

/** The list of areas beside the content. `at`: whose page it is; null = that of all settings. */
export const AreasFrame = ({ at, children }: { at: string | null; children: Child }) => (
  <div class="sets">
    <nav class="toc" aria-label="Settings">
      <a href={settingsPath} aria-current={at === null ? "page" : undefined}>
        All settings
      </a>
      {areas.map(({ section, title, path }) => (
        <a href={path} aria-current={section === at ? "page" : undefined}>
          {title}
        </a>
      ))}
      <a href="/settings/integrations">Integrations</a>
    </nav>
    <div class="stack">{children}</div>
  </div>
);
