/**
 * The console's table of contents: every page, action and file, in order. This is where to begin.
 *
 * A **page** is one object in `pages/` (`page({ path, permission, at, title, load, view })`) and one line in the table below. `load` reads,
 * always on behalf of `request.caller`, through `request.ports`; `view` makes HTML of it with the parts of `parts/`, without I/O. What
 * `load` throws becomes a page with its words (refusals.ts). The navigation shows an entry once its page is in the table (layout.tsx).
 *
 * An **action** is what a form does: `POST /console/…`, one object `{ path, permission, run }`. `run` gets `request.form`, does one thing and
 * answers `{ to, said }`: the page that follows (303) and what it tells; `{ title, at, view }` for what is shown once; or a file. What it throws is
 * told to the person, and nothing typed is lost. Forms are made by `<Form action=…>`, which carries the token; without it, or from another
 * site, an action is refused before it runs.
 *
 * A **part** is a component in `parts/`: text goes in as text and is escaped, geometry is attributes of SVG, since the policy forbids `style`.
 * `<Time>` for every point in time, `<Person>` and `<Who>` for people, `<Sev>` for levels, `<State>` for outcomes, `<Empty>`, `<Notice>`,
 * `<Panel>`, `<Outside>` for links that leave; lists are a `<PageHead>`, `<Filters>` with `<Choice>`, a `<Table>` by its columns and a `<PageFoot>`. `useViewing()` has now, zone and people.
 *
 * **Islands** are plain scripts in `browser/` (checked by `npm run types`, 12 kB on a page; pages of settings have `settings.js` besides). They work on attributes, and every page works
 * without them:
 * - `data-live="ID…"` on an element with an `id`: its content is replaced, in place, when something happens to one of these ids (an
 *   incident's, a case's), to a kind of event (`incident_created`), or to anything (`*`). Open details, scroll, selection and typed text
 *   survive. The page's own address is fetched again for it.
 * - `data-fresh="incident_created"` on a hidden link: it appears with the number of such events since the page was shown ("2 new").
 *   Its text has a child `<b>`.
 * - `data-optimistic="#cell"` on a form and `data-said="…"` on its button or option: shown in `#cell` at once, put back on a refusal.
 * - `data-renews="#list"` on a form whose action leads back to this page: that part is fetched anew and the page stays where it is.
 * - every POST form is sent by script where there is one, so that a session that ended meanwhile is renewed in a dialog and the form sent
 *   again; `data-plain` leaves it to the browser.
 * - `data-filter="#list"` on a GET form: what is typed or chosen replaces `#list` and the address; `data-dialog` on a link: the `main` of its
 *   target is shown in a dialog; `data-load` on `<details>`: once opened, its `[data-loaded]` gets that of the page at this address; `data-copy="#id"` on a button copies a text; `data-key="g i"` on a link, button or field: its keys.
 * - `data-once` on what is shown once: it is taken away when the page is left, so that Back does not bring it.
 * - forms of settings (`parts/settings/`; `pages/integrations/section/section-page.tsx` says how to add a section): `data-draft` keeps what is not
 *   saved in the browser, secrets (`data-secret`, passwords) excepted; `data-check` has what is typed checked; elements with `data-part` take
 *   the place of theirs when an answer comes; `data-into="#id"` on a file field puts the file's text there.
 * - `data-rows` on a table: `j` `k` move, `Enter` opens `a.lead`, `x` ticks the row's check box; `data-row-key="t"` within a row: what the
 *   key opens there; `data-of-rows` beside `data-key`: works on ticked rows, else on the chosen one. The row that was opened is
 *   chosen when somebody comes back. `data-all="#list"` on a check box ticks all in there.
 *
 * **Tests** go in by HTTP: `test/harness/console-client.ts` signs in, gets pages and sends forms as a browser without script does;
 * `test/harness/browser.ts` drives Chromium in `*.e2e.test.ts`. Tests of parts are beside them.
 */
import type { Hono } from "hono";
import { incidentEventKinds, type LoggedEvent } from "../../../core/event.ts";
import type { ApiContext } from "../api/route.ts";
import type { ConnectionBindings } from "../body.ts";
import { EventStreams } from "../event-stream.ts";
import { problem } from "../problem.ts";
import { bare, wordsOf } from "./answer.tsx";
import { assetNamed } from "./assets.ts";
import { sessionCookie } from "./cookies.ts";
import { Gate } from "./gate.tsx";
import type { Action, AnyPage } from "./page.ts";
import { keyPage, revokeAction } from "./pages/access/key.tsx";
import { keysPage } from "./pages/access/keys.tsx";
import { newKeyAction, newKeyPage } from "./pages/access/new-key.tsx";
import { newUserPage } from "./pages/access/new-user.tsx";
import { userPage } from "./pages/access/user.tsx";
import { userActions } from "./pages/access/user-actions.ts";
import { usersPage } from "./pages/access/users.tsx";
import { accountActions, accountPage } from "./pages/account.tsx";
import { alertPage } from "./pages/alerts/alert.tsx";
import { alertsPage } from "./pages/alerts/alerts.tsx";
import { assetsPage } from "./pages/assets/assets.tsx";
import { editAssetActions, editAssetPage } from "./pages/assets/edit.tsx";
import { importActions, importAssetsPage } from "./pages/assets/import.tsx";
import { auditActions, auditPage } from "./pages/audit/audit.tsx";
import { campaignPage } from "./pages/campaigns/campaign.tsx";
import { campaignsPage } from "./pages/campaigns/campaigns.tsx";
import { caseActions, casePage } from "./pages/cases/case.tsx";
import { casesPage } from "./pages/cases/cases.tsx";
import { allPage } from "./pages/deliveries/all.tsx";
import { deliveriesPage } from "./pages/deliveries/deliveries.tsx";
import { deliveryPage } from "./pages/deliveries/delivery.tsx";
import { deliveryActions } from "./pages/deliveries/delivery-actions.ts";
import { editExceptionPage, newExceptionPage } from "./pages/exceptions/edit.tsx";
import { exceptionActions, exceptionDetailPage } from "./pages/exceptions/exception.tsx";
import { exceptionsPage } from "./pages/exceptions/exceptions.tsx";
import { incidentActions } from "./pages/incident/actions.ts";
import { exceptionPage } from "./pages/incident/exception-page.tsx";
import { incidentPage } from "./pages/incident/page.tsx";
import { previewPage } from "./pages/incident/preview-page.tsx";
import { renewAction, renewPage } from "./pages/incident/renew-page.tsx";
import { listActions } from "./pages/incidents/actions.ts";
import { byHandPage } from "./pages/incidents/by-hand.tsx";
import { incidentsPage } from "./pages/incidents/page.tsx";
import { feedSettingsActions, feedSettingsPages } from "./pages/integrations/feeds/feed-page.tsx";
import { integrationActions, integrationsPage } from "./pages/integrations/integrations.tsx";
import { ticketSettingsActions, ticketSettingsPages } from "./pages/integrations/tickets/pages.tsx";
import { overviewPage } from "./pages/overview.tsx";
import { packActions, packPage, packsPage } from "./pages/packs/packs.tsx";
import { preferenceActions } from "./pages/preferences.ts";
import { sampleActions } from "./pages/sample.ts";
import { searchPage } from "./pages/search/page.tsx";
import { allSettingsPage } from "./pages/settings/all.tsx";
import { areaActions, areaPages } from "./pages/settings/pages.tsx";
import { signInRoutes } from "./pages/sign-in.tsx";
import { systemActions } from "./pages/system/administration-actions.ts";
import { systemPage } from "./pages/system/system.tsx";
import type { ConsoleDependencies } from "./ports.ts";

const pages: readonly AnyPage[] = [
  overviewPage,
  incidentsPage,
  byHandPage,
  incidentPage,
  previewPage,
  renewPage,
  exceptionPage,
  casesPage,
  casePage,
  alertsPage,
  alertPage,
  campaignsPage,
  campaignPage,
  deliveriesPage,
  allPage,
  deliveryPage,
  allSettingsPage,
  ...areaPages,
  integrationsPage,
  ...feedSettingsPages,
  ...ticketSettingsPages,
  packsPage,
  packPage,
  systemPage,
  usersPage,
  newUserPage,
  userPage,
  keysPage,
  newKeyPage,
  keyPage,
  exceptionsPage,
  newExceptionPage,
  exceptionDetailPage,
  editExceptionPage,
  assetsPage,
  editAssetPage,
  importAssetsPage,
  auditPage,
  searchPage,
  accountPage,
];

function actionsOf({ origin }: ConsoleDependencies): Action[] {
  return [
    ...preferenceActions,
    ...accountActions(origin),
    ...listActions,
    ...incidentActions,
    renewAction,
    ...caseActions,
    ...deliveryActions,
    ...integrationActions,
    ...userActions,
    newKeyAction(),
    revokeAction,
    ...exceptionActions,
    ...editAssetActions,
    ...importActions,
    ...auditActions,
    ...areaActions,
    ...feedSettingsActions,
    ...ticketSettingsActions,
    ...packActions,
    ...systemActions,
    ...sampleActions,
  ];
}

/** The address of every page, as hono writes it. */
export const pagePaths: readonly string[] = pages.map(({ path }) => path);

type App = Hono<{ Bindings: ConnectionBindings }>;

/** Whether an address belongs to the console; everything else is for programs. */
export function isConsolePath(path: string): boolean {
  return !/^\/(?:api|healthz|readyz|metrics)(?:\/|$)/.test(path);
}

/** Answers to readers where no page is shown. */
interface OtherPages {
  notFound(c: ApiContext): Response | Promise<Response>;
  defect(c: ApiContext): Response | Promise<Response>;
}

/** Adds every route. */
export function addConsole(app: App, dependencies: ConsoleDependencies): OtherPages {
  const gate = new Gate(dependencies, new Set(pagePaths));
  for (const one of pages) app.get(one.path, (c) => gate.page(c, one));
  for (const one of actionsOf(dependencies)) app.post(one.path, (c) => gate.action(c, one));
  for (const one of signInRoutes(dependencies, gate)) app.on(one.method, one.path, one.answer);
  app.get("/console/stream", streamOf(dependencies, gate));
  app.get("/assets/:file", (c) => {
    const answer = assetNamed(c.req.param("file"), c.req.header("accept-encoding") ?? "");
    return answer ?? problem(c, 404, "Not Found", "there is nothing at this address");
  });
  return {
    notFound: (c) => {
      const caller = gate.callerOf(c);
      if (caller === null) return bare(c, dependencies, { ...wordsOf(nothing), status: 404 });
      return gate.pages.answer(c, caller, { ...wordsOf(nothing), at: "", status: 404 });
    },
    defect: (c) => bare(c, dependencies, { ...wordsOf(defect), status: 500 }),
  };
}

const nothing = {
  status: 404,
  title: "Not Found",
  detail: "it may have been mistyped, or what it named has been removed",
} as const;
const defect = {
  status: 500,
  title: "This page could not be made",
  detail: "the appliance has a defect here; its log says which. Nothing that it accepted is lost by it",
} as const;

/** The event log by cookie, which is all that a browser's EventSource can send. It tells what changed, and pages fetch what they show. */
function streamOf(dependencies: ConsoleDependencies, gate: Gate): (c: ApiContext) => Response | Promise<Response> {
  const { api, origin, sessions } = dependencies;
  let streams: EventStreams | null = null;
  return (c) => {
    const cookie = sessionCookie(c, origin);
    const address = gate.addressOf(c);
    // A stream that stays open is no use of the session.
    const present = () => {
      const caller = cookie === null ? null : sessions.callerOf(cookie, address, false);
      return caller === null || caller.mustChangePassword ? null : caller;
    };
    const caller = present();
    if (caller === null) return problem(c, 401, "Unauthorized", "sign in to the console first");
    streams ??= new EventStreams({ stream: api.stream, onRevoked: (listener) => api.callers.onRevoked(listener) });
    return streams.open({
      c,
      caller,
      kinds: [...incidentEventKinds, "incident_scored"],
      lastEventId: c.req.query("last_event_id"),
      stillAdmitted: async () => present(),
      dataOf,
    });
  };
}

/** Which things an event is about: its subject, and the incident of a case. */
function dataOf({ kind, subject, entity, data }: LoggedEvent): string {
  const about = [subject];
  if (kind.startsWith("case_")) {
    const { related_incident: incident } = JSON.parse(data) as { related_incident?: { incident_id: string } | null };
    if (incident) about.push(incident.incident_id);
  }
  return JSON.stringify({ about, entity_name: entity });
}
