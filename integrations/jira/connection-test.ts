/** The connection test of Jira: reads only (protocols 3.5). */
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { TestSteps } from "../test-steps.ts";
import { fieldsRequired } from "./create-meta.ts";
import type { IssueReader } from "./issue-reader.ts";
import type { IssueUpdates } from "./issue-updates.ts";
import type { JiraSettings, JiraSite } from "./site.ts";

interface Tested {
  settings: JiraSettings;
  site: JiraSite;
  reader: IssueReader;
  updates: IssueUpdates;
  /** The project's newest issue; null if there is none or the account may not search. */
  newest(): Promise<{ id: string; key: string } | null>;
}

export async function testJira({ settings, site, reader, updates, newest }: Tested): Promise<TestStep[]> {
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
  await steps.take(`Issue type ${issueType}`, async () => {
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
  await steps.take("Search", () => reader.testSearch());
  await steps.take("Transitions", async () => {
    const issue = await newest();
    return issue === null ? "none can be looked at before there is an issue" : updates.testScreens(issue);
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
