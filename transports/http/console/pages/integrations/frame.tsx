/** @jsxImportSource hono/jsx */
/** What every page of integrations has around it: the list of all of them, each with how it does, and the page's own head. */
import type { Child } from "hono/jsx";
import { Icon } from "../../parts/icon.tsx";
import { integrations } from "./catalogue.ts";
import { type Health, healthOfFeed, healthOfSystem, type IntegrationsData } from "./integration-state.ts";

const healthWords: Readonly<Record<Health, string>> = {
  ok: "works",
  no: "does not work",
  some: "works, with something to mend",
  "": "not set up",
};

function healthOf({ feeds, systems }: IntegrationsData, id: string): Health {
  const feed = feeds.find(({ section }) => section === id);
  if (feed !== undefined) return healthOfFeed(feed);
  const system = systems.find((one) => one.system === id);
  return system === undefined ? "" : healthOfSystem(system);
}

/** Whether it has a panel on the page of all. */
const hasPanel = (id: string) => id !== "auto_push" && id !== "retry";

interface FrameProps {
  data: IntegrationsData;
  /** Whose page it is; null = the page of all. */
  at: string | null;
  children: Child;
}

/** The list beside the content. On the page of all it leads to the panels there, elsewhere to the pages. */
export const IntegrationsFrame = ({ data, at, children }: FrameProps) => (
  <div class="sets">
    <nav class="toc" aria-label={at === null ? "On this page" : "Integrations"} id="toc" data-live="*">
      {integrations.map(({ id, short, path }) => {
        const health = healthOf(data, id);
        const href = at === null && hasPanel(id) ? `#${id}` : path;
        return (
          <a href={href} aria-current={id === at ? "page" : undefined}>
            {short}
            {hasPanel(id) ? (
              <>
                <i class={health === "" ? undefined : health} />
                <span class="vh">{healthWords[health]}</span>
              </>
            ) : null}
          </a>
        );
      })}
    </nav>
    <div class="stack">{children}</div>
  </div>
);

interface HeadProps {
  title: string;
  sub: Child;
  /** Pages above this one, the nearest last: address and name. */
  above?: readonly (readonly [href: string, name: string])[];
  actions?: Child;
}

export const IntegrationHead = ({ title, sub, above = [], actions }: HeadProps) => (
  <>
    <nav class="crumbs" aria-label="Where this page is">
      <a href="/settings/integrations">Integrations</a>
      {above.map(([href, name]) => (
        <>
          <Icon n="chevron-right" s={13} />
          <a href={href}>{name}</a>
        </>
      ))}
      <Icon n="chevron-right" s={13} />
      <span aria-current="page">{title}</span>
    </nav>
    <div class="page-head">
      <div class="grow">
        <h1>{title}</h1>
        <p class="sub">{sub}</p>
      </div>
      {actions}
    </div>
  </>
);
