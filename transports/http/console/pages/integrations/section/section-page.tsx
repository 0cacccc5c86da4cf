/** @jsxImportSource hono/jsx */
/**
 * The page of one section of settings, made from a description of its fields. To add one:
 *
 * 1. Describe it: `export const jiraSettings = sectionPage({ section: "jira", groups: [{ title, fields: [{ name, label, kind, hint }] }], … })`.
 *    `name` is the field's name in `GET /api/settings/{section}`; kinds are in `parts/settings/field-spec.ts`.
 * 2. Put `jiraSettings.page` into `pages` and `...jiraSettings.actions` into the actions of `console.ts`, and its path into `catalogue.ts`.
 * 3. Add the three routes to the table of `test/scenarios/console-authorization.test.ts`.
 *
 * What it then does: pinned fields are read-only with their place, secrets are write-only, only what a person changed is saved, what is wrong
 * stands at its field, a section that somebody else saved meanwhile is not overwritten, a test takes values that are not saved. `load`,
 * `above` and `below` add what belongs to this integration alone; with `testedFirst` it is tested before it is enabled. Sections of other
 * areas than the integrations say where they are (`site`); what they would mean before they are saved is shown by `preview`.
 */
import type { Child } from "hono/jsx";
import { EdgeError } from "../../../../../../core/errors.ts";
import type { FormFields } from "../../../form-fields.ts";
import { type Action, type ActionRequest, type AnyPage, type PageRequest, page, type Shown } from "../../../page.ts";
import { PageHead } from "../../../parts/list.tsx";
import { type FieldGroup, type Section, valueText } from "../../../parts/settings/field-spec.ts";
import { readFields, typedOnly } from "../../../parts/settings/read-fields.ts";
import { asSeen, type Conflict, versionSeen } from "../../../parts/settings/settings-form.tsx";
import { PinnedNotice } from "../../../parts/settings/source.tsx";
import { integrationOf } from "../catalogue.ts";
import { IntegrationHead, IntegrationsFrame } from "../frame.tsx";
import { type IntegrationsData, readIntegrations, type TestStep } from "../integration-state.ts";
import { FieldPicker } from "./field-picker.tsx";
import { isPicked } from "./field-picks.ts";
import { pickActions, withPicks } from "./pick-actions.ts";
import { allTheSame, type FormState, freshForm, ownPassword, SectionForm } from "./section-form.tsx";

export interface SectionData<Extra> {
  section: Section;
  integrations: IntegrationsData;
  state: FormState;
  extra: Extra;
}

/** Where a section is that is none of the integrations. */
interface Site {
  path: string;
  title: string;
  /** The entry of the navigation. */
  at: string;
  frame(children: Child): Child;
}

export interface SectionDefinition<Extra> {
  /** Of the API, and in the catalogue, which has its path and title. */
  section: string;
  site?: Site;
  /** What it is for, in a sentence. */
  sub: string;
  groups: readonly FieldGroup[];
  /** Whether there is a connection to test. */
  testable: boolean;
  /** Whether it is tested before it is enabled, and a test that finds something holds the save back until a person says "all the same". */
  testedFirst?: boolean;
  /** What the ticket system is called whose own fields can be picked. */
  picksFrom?: string;
  /** `form`: what was sent; null = the page is shown anew. */
  load(request: PageRequest, section: Section, form: FormFields | null): Promise<Extra>;
  /** Within the form: what it would mean, kept up to date while one types. */
  preview?(data: SectionData<Extra>): Child;
  /** What of a change has to be confirmed with the own password; null = nothing. */
  grave?(request: ActionRequest, section: Section, changes: Readonly<Record<string, unknown>>): Promise<Child | null>;
  /** Before and after the form. */
  above?(data: SectionData<Extra>): Child;
  below?(data: SectionData<Extra>): Child;
}

export function sectionPage<Extra>(definition: SectionDefinition<Extra>): {
  page: AnyPage;
  actions: readonly Action[];
} {
  const { section: name, groups } = definition;
  const { site } = definition;
  const { path, title } = site ?? integrationOf(name) ?? { path: null, title: name };
  if (path === null) throw new Error(`${name} has no path in the catalogue`);
  const specs = groups.flatMap(({ fields }) => fields);
  const read = async (request: PageRequest, state: FormState): Promise<SectionData<Extra>> => {
    const form = "form" in request ? (request as ActionRequest).form : null;
    const section = asSeen(await readSection(request, name), form, state.conflict);
    const [integrations, extra] = await Promise.all([
      site === undefined ? readIntegrations(request) : noIntegrations,
      definition.load(request, section, form),
    ]);
    return { section, integrations, state, extra };
  };
  const view = (data: SectionData<Extra>) => (
    <SectionView definition={definition} data={data} path={path} title={title} />
  );
  const shown = async (request: PageRequest, state: FormState, status: 200 | 412 | 422 = 200): Promise<Shown> => ({
    title,
    at: site?.at ?? "/settings/integrations",
    view: view(await read(request, state)),
    status,
  });
  const action = (what: string, run: Action["run"]): Action => ({
    path: `/console${path}/${what}`,
    permission: "administer",
    run,
  });
  /** What is picked and not in the settings yet goes there first, so that no answer drops it; null = there is nothing. */
  const leftOver = async (request: ActionRequest): Promise<Shown | null> => {
    if (definition.picksFrom === undefined || !isPicked(request.form)) return null;
    const state = await withPicks(request, name, specs);
    return state.picker.taken.length === 0 ? null : shown(request, state, 422);
  };
  return {
    page: page<SectionData<Extra>>({
      path,
      permission: "administer",
      at: site?.at ?? "/settings/integrations",
      title: () => title,
      load: (request) => read(request, freshForm),
      view,
    }),
    actions: [
      action("check", async (request) => {
        const sent = readFields(request.form, specs);
        const problems = await request.ports.api.settings.check(name, sent.changes);
        return shown(request, { ...freshForm, typed: typedOnly(sent), problems });
      }),
      action("save", async (request) => {
        const first = await leftOver(request);
        if (first !== null) return first;
        const sent = readFields(request.form, specs);
        const { changes } = sent;
        const typed = typedOnly(sent);
        const labels = specs.filter((spec) => spec.name in changes).map(({ label }) => label);
        if (labels.length === 0) return { to: path, said: `${title}: nothing was changed.` };
        const { settings } = request.ports.api;
        const problems = await settings.check(name, changes);
        if (problems.length > 0) return shown(request, { ...freshForm, typed, problems }, 422);
        let despite: readonly string[] = [];
        if (definition.testedFirst === true && changes.enabled === true) {
          const tested = await testOf(request, name, changes);
          despite = tested.steps.filter(({ ok, asks }) => !ok || asks === true).map((step) => step.name);
          if (despite.length > 0 && !request.form.has(allTheSame))
            return shown(request, { ...freshForm, typed, tested, held: true }, 422);
        }
        const grave = (await definition.grave?.(request, await readSection(request, name), changes)) ?? null;
        if (grave !== null) {
          const wrong = await unconfirmed(request);
          if (wrong !== null) return shown(request, { ...freshForm, typed, grave, problems: wrong }, 422);
        }
        try {
          await settings.save(request.caller, name, changes, versionSeen(request.form), { despite });
        } catch (error) {
          if (!(error instanceof EdgeError) || error.code !== "settings_changed") throw error;
          const conflict = await conflictOf(request, name, error);
          return shown(request, { ...freshForm, typed, conflict }, 412);
        }
        return { to: path, said: `${title}: saved and in force: ${labels.join(", ")}.` };
      }),
      ...(definition.picksFrom === undefined ? [] : pickActions(name, specs, action, shown)),
      ...(definition.testable
        ? [
            action("test", async (request) => {
              const first = await leftOver(request);
              if (first !== null) return first;
              const sent = readFields(request.form, specs);
              const { changes } = sent;
              const typed = typedOnly(sent);
              const { settings } = request.ports.api;
              const problems = await settings.check(name, changes);
              if (problems.length > 0) return shown(request, { ...freshForm, typed, problems }, 422);
              return shown(request, { ...freshForm, typed, tested: await testOf(request, name, changes) });
            }),
          ]
        : []),
    ],
  };
}

const noIntegrations: IntegrationsData = { feeds: [], systems: [], mayTest: false, seesAll: false };

/** Whether the own password was given with a grave change (decision 36): what is wrong with it, null = it is right. */
async function unconfirmed({ form, ports, caller }: ActionRequest): Promise<FormState["problems"] | null> {
  const given = form.exact(ownPassword, 1_024);
  if (given === "") return [];
  try {
    await ports.sessions.confirmPassword(caller, given);
    return null;
  } catch (error) {
    if (!(error instanceof EdgeError) || error.code !== "password_wrong") throw error;
    return [{ name: ownPassword, reason: error.message }];
  }
}

async function testOf(request: ActionRequest, name: string, changes: Readonly<Record<string, unknown>>) {
  const { settings } = request.ports.api;
  const { ok, steps } = (await settings.test(request.caller, name, changes)) as { ok: boolean; steps: TestStep[] };
  return { ok, steps, unsaved: Object.keys(changes).length };
}

/** @throws EdgeError section_unknown */
export async function readSection({ ports }: PageRequest, name: string): Promise<Section> {
  return (await ports.api.settings.section(name)) as unknown as Section;
}

/** Who saved meanwhile, and which of the fields that this person changed. What was not changed here shows the value that is saved now. */
async function conflictOf(request: ActionRequest, name: string, { data }: EdgeError): Promise<Conflict> {
  const { saved } = await readSection(request, name);
  const fields = ((data.errors ?? []) as readonly { name: string }[]).map((one) => one.name);
  return { who: saved?.who ?? "somebody", at: saved?.at ?? "", fields };
}

/** What is in the form, typed or saved. */
export const inForm = <Extra,>({ state, section }: SectionData<Extra>, name: string): string =>
  state.typed.get(name) ?? valueText(section.fields[name]?.value);

interface ViewProps<Extra> {
  definition: SectionDefinition<Extra>;
  data: SectionData<Extra>;
  path: string;
  title: string;
}

const SectionView = <Extra,>({ definition, data, path, title }: ViewProps<Extra>) => {
  const { section, integrations, state } = data;
  const { groups, testable, above, below, preview, picksFrom } = definition;
  const specs = groups.flatMap(({ fields }) => fields);
  const frame = (children: Child) =>
    definition.site === undefined ? (
      <IntegrationsFrame data={integrations} at={definition.section}>
        {children}
      </IntegrationsFrame>
    ) : (
      definition.site.frame(children)
    );
  const names = specs.map(({ name }) => name);
  return (
    <>
      {definition.site === undefined ? (
        <IntegrationHead title={title} sub={definition.sub} />
      ) : (
        <PageHead title={title} sub={definition.sub} />
      )}
      {frame(
        <>
          {above?.(data)}
          <SectionForm
            action={`/console${path}`}
            title={title}
            section={section}
            groups={groups}
            state={state}
            buttons={
              testable ? (
                <button class="btn" formaction={`/console${path}/test`}>
                  Test Connection
                </button>
              ) : undefined
            }
            notice={<PinnedNotice section={section} names={names} />}
            preview={
              <>
                {picksFrom === undefined ? null : (
                  <FieldPicker
                    system={picksFrom}
                    action={`/console${path}`}
                    picker={state.picker}
                    textOf={(setting) => (section.fields[setting]?.pinned === true ? null : inForm(data, setting))}
                    labelOf={(setting) => specs.find((spec) => spec.name === setting)?.label ?? setting}
                  />
                )}
                {preview?.(data)}
              </>
            }
            explained={definition.site !== undefined}
          />
          {below?.(data)}
        </>,
      )}
    </>
  );
};
