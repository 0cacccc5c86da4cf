/** The screens of a project on which fields can be picked: for new issues, and of the transitions of those that there are (protocols 3.2, 3.4). */
import { DeliveryError, messageOf } from "../../core/errors.ts";
import type { FieldScreen, TargetField, TargetScreens } from "../../core/tickets/fields/target-fields.ts";
import { filledFields } from "./create-meta.ts";
import { jiraField } from "./field-shapes.ts";
import type { IssueUpdates } from "./issue-updates.ts";
import type { JiraSettings, JiraSite } from "./site.ts";

interface Read {
  settings: JiraSettings;
  site: JiraSite;
  updates: IssueUpdates;
}

/** Fields that no value of the settings can fill. */
const unsettable = ["attachment", "issuelinks", "comment", "worklog"];

export async function readScreens({ settings, site, updates }: Read): Promise<TargetScreens> {
  const { projectKey, issueType } = settings;
  const unread: { what: string; why: string }[] = [];
  const screens: FieldScreen[] = [];
  const take = async (what: string, read: () => Promise<FieldScreen>): Promise<boolean> => {
    try {
      screens.push(await read());
      return true;
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      unread.push({ what, why: messageOf(error) });
      // After a login that failed there is no second one: Jira would require a CAPTCHA. One that is away is not asked again.
      return error.code !== "unauthorized" && error.code !== "captcha" && typeof error.data.status === "number";
    }
  };
  const goesOn = await take("the screen for new tickets", async () => {
    const isCloud = (await site.detect()) === "cloud";
    site.forgetMeta();
    const { fields } = await site.createMeta();
    const shown = [...fields].filter(([id]) => !unsettable.includes(id));
    return {
      setting: "extra_fields",
      title: "New tickets",
      of: `${projectKey}, ${issueType}`,
      fields: shown.map(([id, meta]) => jiraField(id, meta, isCloud, filledFields.includes(id))),
    };
  });
  if (!goesOn) return { screens, unread };
  await take("the screens of transitions", async () => {
    const isCloud = (await site.detect()) === "cloud";
    const samples = await site.newestOfEachStatus();
    if (samples.length === 0)
      throw new DeliveryError("no_issue", `${projectKey} has no ticket yet whose transitions could be looked at`, {
        retryable: false,
      });
    const ways: { to: string; fields: TargetField[] }[] = [];
    for (const { id } of samples)
      for (const { to, fields: screen = {} } of await updates.transitions(id))
        ways.push({
          to: String(to?.name),
          fields: Object.entries(screen)
            .filter(([name]) => !unsettable.includes(name))
            .map(([name, meta]) =>
              // A resolution is chosen by what the incident became.
              jiraField(name, meta, isCloud, name === "resolution" && (meta.allowedValues ?? []).length > 0),
            ),
        });
    return {
      setting: "transition_fields",
      title: "Transitions",
      of: samples.map(({ key, status }) => `${key} in ${status}`).join(", "),
      fields: merged(ways),
    };
  });
  return { screens, unread };
}

/** Each field once, with where it is; required where one of them requires it. */
function merged(ways: readonly { to: string; fields: readonly TargetField[] }[]): TargetField[] {
  const found = new Map<string, { field: TargetField; to: Set<string> }>();
  for (const { to, fields } of ways)
    for (const field of fields) {
      const known = found.get(field.id);
      if (known === undefined) found.set(field.id, { field, to: new Set([to]) });
      else {
        known.to.add(to);
        if (field.required) known.field = { ...field };
      }
    }
  return [...found.values()].map(({ field, to }) => ({ ...field, where: `to ${[...to].join(", ")}` }));
}
