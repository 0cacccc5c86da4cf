/** Settings of ticket systems and syslog feeds, and how these do. */
import * as v from "valibot";
import { feedSections } from "../../../../core/settings/sections/feed-section.ts";
import { settingsSectionNames } from "../../../../core/settings/sections/sections.ts";
import type { TargetScreens } from "../../../../core/tickets/fields/target-fields.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { type Route, route } from "../route.ts";
import { cadenceEstimate, retryEstimate } from "../shapes/estimate-shapes.ts";
import { targetScreens } from "../shapes/target-shapes.ts";
import {
  connectionTest,
  everySetting,
  feedStatus,
  integrationStatus,
  pushEstimate,
  settingsProblems,
  settingsSection,
} from "../shapes/ticket-shapes.ts";

const fields = v.pipe(v.looseObject({}), v.description("Fields of the section; null = back to the default."));
const given = v.pipe(v.string(), v.maxLength(100));
const unknown = { description: "There is no such section." };

export function settingsRoutes({ settings }: ApiDependencies): Route[] {
  const read = { permission: "read", callers: "users", tag: "Settings" } as const;
  const admin = { permission: "administer", callers: "users", tag: "Settings" } as const;
  return [
    route({
      ...read,
      method: "GET",
      path: "/api/integrations/status",
      summary: "Ticket systems and syslog feeds: configured, enabled, last test",
      answers: {
        200: {
          description: "By system and feed.",
          schema: v.object({ integrations: v.array(integrationStatus), feeds: v.array(feedStatus) }),
        },
      },
      handle: async ({ c, caller }) => {
        const [integrations, feeds] = await Promise.all([settings.status(), settings.feeds(caller)]);
        return c.json({ integrations, feeds });
      },
    }),
    route({
      ...admin,
      method: "GET",
      path: "/api/settings",
      summary: "Every setting with what is in force",
      description: "With its section, or with the reason why it cannot be saved here.",
      answers: { 200: { description: "In no order that counts.", schema: everySetting } },
      handle: async ({ c }) => c.json({ settings: await settings.all() }),
    }),
    route({
      ...admin,
      method: "GET",
      path: "/api/settings/:section",
      summary: "Settings of a section",
      description: `Sections: ${[...Object.keys(feedSections), ...settingsSectionNames].join(", ")}. Secrets are only said to be configured. The header ETag is the version of what is saved.`,
      answers: {
        200: { description: "Fields with value, source and whether they are pinned.", schema: settingsSection },
        404: unknown,
      },
      handle: async ({ c, param }) => {
        const section = await settings.section(param("section"));
        c.header("ETag", `"${section.version}"`);
        return c.json(section);
      },
    }),
    route({
      ...admin,
      method: "GET",
      path: "/api/settings/auto_push/estimate",
      summary: "How many incidents auto-push would have taken",
      description: "Of those of the last seven days, by the highest severity that each has had.",
      answers: { 200: { description: "By the severity from which on it does.", schema: pushEstimate } },
      handle: async ({ c }) => c.json(await settings.pushEstimate()),
    }),
    route({
      ...admin,
      method: "GET",
      path: "/api/settings/retry/estimate",
      summary: "What settings of retries would have meant",
      description:
        "For what ticket systems did not take in the last seven days: when each would have been tried, delivered or given up, with the settings in force and with those of the query; and for outages. What failed is counted as if it would have failed up to its last failure and gone through after it. At most 500 deliveries are gone through.",
      query: v.object({
        max_retries: v.optional(given),
        base_delay_seconds: v.optional(given),
        max_delay_seconds: v.optional(given),
        schedule: v.optional(given),
      }),
      answers: { 200: { description: "Present settings and those of the query.", schema: retryEstimate } },
      handle: async ({ c, query }) => c.json(await settings.retryEstimate(query)),
    }),
    route({
      ...admin,
      method: "GET",
      path: "/api/settings/servicenow/estimate",
      summary: "How many updates of risk tickets would have got",
      description: "In the last seven days, with the cadence in force and with that of the query; for Jira, too.",
      query: v.object({ snow_update_cadence_hours: v.optional(given) }),
      answers: { 200: { description: "Present settings and those of the query.", schema: cadenceEstimate } },
      handle: async ({ c, query }) => c.json(await settings.cadenceEstimate(query)),
    }),
    route({
      ...admin,
      method: "PUT",
      path: "/api/settings/:section",
      summary: "Saves settings of a section",
      description:
        "What environment or files say is pinned and cannot be changed here. With If-Match (the ETag of GET) a field that somebody else has changed since is not overwritten; changes of different fields are both kept. Certificates and keys of destinations may be sent as PEM text in the place of a path; they are kept encrypted, and keys are never given out.",
      body: fields,
      bodyExample: { url: "https://acme.atlassian.net", email: "soc@acme.example", project_key: "SEC", enabled: true },
      answers: {
        200: { description: "The section.", schema: settingsSection },
        404: unknown,
        409: { description: "A field is pinned." },
        412: {
          description: "A field of the request was saved with another value since; `errors` has both values of each.",
        },
      },
      handle: async ({ c, caller, param, body }) => {
        const section = await settings.save(caller, param("section"), body, versionOf(c.req.header("if-match")));
        c.header("ETag", `"${section.version}"`);
        return c.json(section);
      },
    }),
    route({
      ...admin,
      method: "POST",
      path: "/api/settings/:section/check",
      summary: "Says what is wrong with settings before they are saved",
      description: "Everything at once; nothing is saved.",
      body: fields,
      bodyExample: { url: "acme.atlassian.net", project_key: "SEC" },
      answers: { 200: { description: "Fields at fault.", schema: settingsProblems }, 404: unknown },
      handle: async ({ c, param, body }) => c.json({ errors: await settings.check(param("section"), body) }),
    }),
    route({
      ...admin,
      method: "POST",
      path: "/api/settings/:section/preview",
      summary: "Says what settings would mean before they are saved",
      description:
        "Section masking: `text` as tickets would have it. Section routing: where tickets of the entities of the last 30 days would go. Section correlation: which actors of these days are shared accounts. Section retention: what would be removed at the next pass.",
      body: v.object({
        fields: v.exactOptional(
          v.pipe(v.record(v.string(), v.unknown()), v.description("As they would be saved; null = the default.")),
        ),
        text: v.exactOptional(v.pipe(v.string(), v.maxLength(4_000), v.description("For masking."))),
      }),
      bodyExample: { fields: { mask_patterns: ["badge \\d{6}"] }, text: "badge 123456" },
      answers: { 200: { description: "Depends on the section.", schema: v.looseObject({}) }, 404: unknown },
      handle: async ({ c, caller, param, body }) =>
        c.json(await settings.preview(caller, param("section"), body.fields ?? {}, body.text ?? "")),
    }),
    route({
      ...admin,
      method: "POST",
      path: "/api/settings/:section/test",
      summary: "Tries a connection",
      description:
        "With the settings in force, the body laid over them. Nothing is written in the target, nothing is sent to a receiver.",
      body: fields,
      bodyExample: {},
      answers: { 200: { description: "Each step with its outcome.", schema: connectionTest }, 404: unknown },
      handle: async ({ c, caller, param, body }) => c.json(await settings.test(caller, param("section"), body)),
    }),
    route({
      ...admin,
      method: "POST",
      path: "/api/settings/:section/fields",
      summary: "The fields that a ticket system offers on its own screens",
      description:
        "Of `jira` and `servicenow`, with the settings in force and the body laid over them: the screens for new tickets, and those of transitions or of records that are closed, each field with its type, whether it is required, and its values. What cannot be read is in `unread`, in the target's words. Nothing is written there.",
      body: fields,
      bodyExample: { project_key: "SEC", issue_type: "Task" },
      answers: {
        200: { description: "By setting that fills them.", schema: targetScreens },
        404: { description: "There is no such section, or its system describes no fields." },
        409: { description: "It is not configured." },
      },
      handle: async ({ c, caller, param, body }) =>
        c.json(screensJson(await settings.screens(caller, param("section"), body, true))),
    }),
  ];
}

/** The screens as the API shows them. */
function screensJson({ screens, unread }: TargetScreens) {
  return {
    screens: screens.map(({ setting, title, of, fields: own }) => ({
      setting,
      title,
      of,
      fields: own.map(({ shape, hasDefault, isFilled, ...field }) => ({
        ...field,
        has_default: hasDefault,
        filled_by_rhythmx: isFilled,
        form: shape.kind,
        values: "allowed" in shape ? shape.allowed : null,
      })),
    })),
    unread,
  };
}

/** The version that If-Match names; null = none. A list or a weak one matches nothing. */
function versionOf(header: string | undefined): string | null {
  if (header === undefined || header.trim() === "*") return null;
  return /^"([^"]*)"$/.exec(header.trim())?.[1] ?? "";
}
