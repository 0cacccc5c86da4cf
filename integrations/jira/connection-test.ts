/** The connection test of Jira: reads only (protocols 3.5). */
import { DeliveryError } from "../../core/errors.ts";
import { problemOfValue } from "../../core/tickets/fields/target-fields.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { type TestFinding, TestSteps } from "../test-steps.ts";
import { fieldName, fieldsRequired, filledFields, isWanted } from "./create-meta.ts";
import { jiraField } from "./field-shapes.ts";
import type { IssueReader } from "./issue-reader.ts";
import type { IssueUpdates } from "./issue-updates.ts";
import type { JiraSettings, JiraSite } from "./site.ts";
import { stepOf } from "./transitions.ts";

interface Tested {
  settings: JiraSettings;
  site: JiraSite;
  reader: IssueReader;
  updates: IssueUpdates;
  /** A ticket as it would be sent; null = none is looked at. */
  rendered: (() => Promise<string>) | null;
}

export async function testJira({ settings, site, reader, updates, rendered }: Tested): Promise<TestStep[]> {
  const steps = new TestSteps("JIRA_CA_FILE");
  const { projectKey, issueType } = settings;
  const get = (path: string, also: number[] = []) =>
    site.target.request({ method: "GET", path: `${site.api}${path}`, also });
  if (
    !(await steps.take(
      "Reach Jira",
      async () => `${(await site.detect()) === "cloud" ? "Jira Cloud" : "Jira Data Center"} answers`,
    ))
  )
    return steps.done;
  // No second login after a failed one: Jira would require a CAPTCHA.
  if (!(await steps.take("Log in", async () => `as ${String((await get("/myself")).body?.displayName ?? "somebody")}`)))
    return steps.done;
  const isThere = await steps.take(`Project ${projectKey}`, async () => {
    const { status, body } = await get(`/project/${encodeURIComponent(projectKey)}`, [404]);
    if (status === 404) throw new Error(`this account sees no project ${projectKey}: check JIRA_PROJECT_KEY`);
    return String(body?.name ?? "");
  });
  if (!isThere) return steps.done;
  const typeOk = await steps.take(`Issue type ${issueType}`, async () => {
    site.forgetMeta();
    const meta = await site.createMeta();
    if (meta.missing.length > 0) throw fieldsRequired("the project", meta.missing, "JIRA_EXTRA_FIELDS");
    if (meta.wantsReporter && (await site.us()) === null)
      throw fieldsRequired("the project", ["Reporter (reporter)"], "JIRA_EXTRA_FIELDS");
    const priority =
      meta.priorities === null
        ? "no priority on the screen: it goes into text and label"
        : `priorities ${meta.priorities.map(({ name }) => name).join(", ")}`;
    return `can be created; ${priority}`;
  });
  if (typeOk && rendered !== null) await steps.take("A real ticket", async () => held(await rendered(), site));
  await steps.take("Search", () => reader.testSearch());
  await steps.take("Transitions", async () => {
    const issues = await samplesOf(site);
    return issues.length === 0
      ? "none can be looked at before there is an issue: required fields of their screens will be seen then"
      : screensOf(issues, settings, updates);
  });
  await steps.take("Permissions", async () => {
    const wanted = ["BROWSE_PROJECTS", "CREATE_ISSUES", "EDIT_ISSUES", "ADD_COMMENTS", "TRANSITION_ISSUES"];
    const { body } = await get(
      `/mypermissions?projectKey=${encodeURIComponent(projectKey)}&permissions=${wanted.join(",")}`,
    );
    const lacking = wanted.filter((name) => body?.permissions?.[name]?.havePermission === false);
    if (lacking.length > 0) throw new Error(`the account lacks ${lacking.join(", ")} in ${projectKey}`);
    return "browse, create, edit, comment, transition";
  });
  return steps.done;
}

/** Issues whose transitions are looked at; none where the account may not search, which its own step says. */
async function samplesOf(site: JiraSite): Promise<{ id: string; key: string }[]> {
  try {
    return await site.newestOfEachStatus();
  } catch (error) {
    if (!(error instanceof DeliveryError) || error.retryable) throw error;
    return [];
  }
}

/** Holds a ticket as it would be sent against the screen for new ones. */
async function held(payload: string, site: JiraSite): Promise<TestFinding> {
  const { fields: screen } = await site.createMeta();
  const { fields } = JSON.parse(payload) as { fields: Readonly<Record<string, unknown>> };
  const isCloud = (await site.detect()) === "cloud";
  const isEmpty = (value: unknown) => value === undefined || value === null || value === "";
  const missing = [...screen].filter(([id, meta]) => isWanted(meta) && isEmpty(fields[id]));
  if (missing.length > 0)
    throw fieldsRequired(
      "the project",
      missing.map(([id, meta]) => fieldName(id, meta)),
      "JIRA_EXTRA_FIELDS",
    );
  const wrong = Object.entries(fields).flatMap(([id, value]) => {
    const meta = screen.get(id);
    if (meta === undefined) return always.includes(id) ? [] : [`${id} is not on the screen for new tickets`];
    const problem = filledFields.includes(id) ? null : problemOfValue(jiraField(id, meta, isCloud, false), value);
    return problem === null ? [] : [`${fieldName(id, meta)}: ${problem}`];
  });
  if (wrong.length > 0) throw new Error(`${wrong.join("; ")}: mend it in JIRA_EXTRA_FIELDS`);
  const required = [...screen.values()].filter(isWanted).length;
  return `${required} required fields, all filled; ${Object.keys(fields).length} are sent`;
}

/** Those that Jira takes whether its screen names them or not. */
const always = ["project", "issuetype"];

/** Required fields on the screens of issues' transitions that nothing fills, and false positives that would get a resolution of another meaning. */
async function screensOf(
  issues: readonly { id: string; key: string }[],
  settings: JiraSettings,
  updates: IssueUpdates,
): Promise<TestFinding> {
  const found = new Set<string>();
  let asks = false;
  for (const { id } of issues)
    for (const one of await updates.transitions(id))
      for (const status of ["CLOSED", "FALSE_POSITIVE"] as const) {
        const { to, missing, resolution, leadsTo } = stepOf(one, status, settings, settings.transitionFields);
        asks ||= missing.length > 0;
        if (missing.length > 0) found.add(`${to} wants ${missing.join(", ")}`);
        if (status === "FALSE_POSITIVE" && resolution !== null && leadsTo === "CLOSED")
          found.add(`${to} has no resolution of a false positive, and would get ${resolution}`);
      }
  const of = `of ${issues.map(({ key }) => key).join(", ")}`;
  if (found.size === 0) return `${of}: every field that they want is filled`;
  return {
    detail: `${of}: ${[...found].join("; ")}; give fields in JIRA_TRANSITION_FIELDS, or the status is refused; resolutions of false positives in JIRA_FALSE_POSITIVE_RESOLUTIONS`,
    warning: true,
    ...(asks ? { asks } : {}),
  };
}
