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
 * `above` and `below` add what belongs to this integration alone; with `testedFirst` it is tested before it is enabled.
 */
import type { Child } from "hono/jsx";
import { EdgeError } from "../../../../../../core/errors.ts";
import { type Action, type ActionRequest, type AnyPage, type PageRequest, page, type Shown } from "../../../page.ts";
import type { FieldGroup, Section } from "../../../parts/settings/field-spec.ts";
import { readFields, type SentFields, valueText } from "../../../parts/settings/field-spec.ts";
import { SettingField } from "../../../parts/settings/setting-field.tsx";
import { type Conflict, SettingsForm, versionSeen } from "../../../parts/settings/settings-form.tsx";
import { PinnedNotice } from "../../../parts/settings/source.tsx";
import { Notice, Panel } from "../../../parts/words.tsx";
import { integrationOf } from "../catalogue.ts";
import { IntegrationHead, IntegrationsFrame } from "../frame.tsx";
import { type IntegrationsData, readIntegrations, type TestStep } from "../integration-state.ts";
import { TestResult } from "../test-steps.tsx";

/** What a form says beside the section's values. */
export interface FormState {
  /** What was typed, by field. */
  typed: ReadonlyMap<string, string>;
  problems: readonly { name: string; reason: string }[];
  conflict: Conflict | null;
  tested: { ok: boolean; steps: readonly TestStep[]; unsaved: number } | null;
  /** The test that goes before enabling has found something: whether to enable it all the same is for a person to say. */
  held: boolean;
}

const freshForm: FormState = { typed: new Map(), problems: [], conflict: null, tested: null, held: false };

export interface SectionData<Extra> {
  section: Section;
  integrations: IntegrationsData;
  state: FormState;
  extra: Extra;
}

interface Definition<Extra> {
  /** Of the API, and in the catalogue, which has its path and title. */
  section: string;
  /** What it is for, in a sentence. */
  sub: string;
  groups: readonly FieldGroup[];
  /** Whether there is a connection to test. */
  testable: boolean;
  /** Whether it is tested before it is enabled, and a test that finds something holds the save back until a person says "all the same". */
  testedFirst?: boolean;
  load(request: PageRequest, section: Section): Promise<Extra>;
  /** Before and after the form. */
  above?(data: SectionData<Extra>): Child;
  below?(data: SectionData<Extra>): Child;
}

export function sectionPage<Extra>(definition: Definition<Extra>): { page: AnyPage; actions: readonly Action[] } {
  const { section: name, groups } = definition;
  const { path, title } = integrationOf(name) ?? { path: null, title: name };
  if (path === null) throw new Error(`${name} has no path in the catalogue`);
  const specs = groups.flatMap(({ fields }) => fields);
  const read = async (request: PageRequest, state: FormState): Promise<SectionData<Extra>> => {
    const section = await readSection(request, name);
    const [integrations, extra] = await Promise.all([readIntegrations(request), definition.load(request, section)]);
    return { section, integrations, state, extra };
  };
  const view = (data: SectionData<Extra>) => (
    <SectionView definition={definition} data={data} path={path} title={title} />
  );
  const shown = async (request: PageRequest, state: FormState, status: 200 | 412 | 422 = 200): Promise<Shown> => ({
    title,
    at: "/settings/integrations",
    view: view(await read(request, state)),
    status,
  });
  const action = (what: string, run: Action["run"]): Action => ({
    path: `/console${path}/${what}`,
    permission: "administer",
    run,
  });
  return {
    page: page<SectionData<Extra>>({
      path,
      permission: "administer",
      at: "/settings/integrations",
      title: () => title,
      load: (request) => read(request, freshForm),
      view,
    }),
    actions: [
      action("check", async (request) => {
        const { texts, changes } = readFields(request.form, specs);
        const problems = await request.ports.api.settings.check(name, changes);
        return shown(request, { ...freshForm, typed: texts, problems });
      }),
      action("save", async (request) => {
        const sent = readFields(request.form, specs);
        const { texts: typed, changes } = sent;
        const labels = specs.filter((spec) => spec.name in changes).map(({ label }) => label);
        if (labels.length === 0) return { to: path, said: `${title}: nothing was changed.` };
        const { settings } = request.ports.api;
        const problems = await settings.check(name, changes);
        if (problems.length > 0) return shown(request, { ...freshForm, typed, problems }, 422);
        let despite: readonly string[] = [];
        if (definition.testedFirst === true && changes.enabled === true) {
          const tested = await testOf(request, name, changes);
          despite = tested.steps.filter(({ ok }) => !ok).map((step) => step.name);
          if (despite.length > 0 && !request.form.has(allTheSame))
            return shown(request, { ...freshForm, typed, tested, held: true }, 422);
        }
        try {
          await settings.save(request.caller, name, changes, versionSeen(request.form), despite);
        } catch (error) {
          if (!(error instanceof EdgeError) || error.code !== "settings_changed") throw error;
          const conflict = await conflictOf(request, name, error);
          return shown(request, { ...freshForm, typed: typedOnly(sent), conflict }, 412);
        }
        return { to: path, said: `${title}: saved and in force: ${labels.join(", ")}.` };
      }),
      ...(definition.testable
        ? [
            action("test", async (request) => {
              const { texts: typed, changes } = readFields(request.form, specs);
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

/** The check box by which a person enables what its test has found wanting. */
const allTheSame = "all_the_same";

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

/** Of the texts that were sent those that a person has typed. */
export function typedOnly({ texts, changes }: SentFields): ReadonlyMap<string, string> {
  return new Map([...texts].filter(([name]) => name in changes));
}

interface ViewProps<Extra> {
  definition: Definition<Extra>;
  data: SectionData<Extra>;
  path: string;
  title: string;
}

const SectionView = <Extra,>({ definition, data, path, title }: ViewProps<Extra>) => {
  const { section, integrations, state } = data;
  const { groups, testable, above, below } = definition;
  const names = groups.flatMap(({ fields }) => fields.map(({ name }) => name));
  return (
    <>
      <IntegrationHead title={title} sub={definition.sub} />
      <IntegrationsFrame data={integrations} at={definition.section}>
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
        />
        {below?.(data)}
      </IntegrationsFrame>
    </>
  );
};

interface SectionFormProps {
  action: string;
  title: string;
  section: Section;
  groups: readonly FieldGroup[];
  state: FormState;
  buttons?: Child;
  notice?: Child;
}

/** The form of a section. */
const SectionForm = ({ action, title, section, groups, state, buttons, notice }: SectionFormProps) => {
  const { typed, problems, conflict, tested, held } = state;
  const names = new Set(groups.flatMap(({ fields }) => fields.map(({ name }) => name)));
  const elsewhere = problems.filter(({ name }) => !names.has(name)).map(({ name, reason }) => `${name}: ${reason}`);
  return (
    <SettingsForm
      action={action}
      name={title}
      version={section.version}
      conflict={conflict}
      problems={elsewhere}
      canSave={[...names].some((name) => section.fields[name]?.pinned !== true)}
      buttons={buttons}
    >
      {notice}
      <div id="tested" class="stack" data-part="asked">
        {tested === null ? null : <TestResult {...tested} />}
        {held ? (
          <Notice kind="wait">
            <b>It was not enabled: the test has found what stands above.</b> Mend it, or{" "}
            <label class="row">
              <input type="checkbox" name={allTheSame} /> enable it all the same
            </label>{" "}
            and save again. That is noted in the audit log.
          </Notice>
        ) : null}
      </div>
      {groups.map((group, index) => (
        <Panel title={group.title} id={`${section.section}-${index}`} note={group.note}>
          <div class="form flush">
            {group.fields.map((spec) => {
              const field = section.fields[spec.name];
              if (field === undefined) return null;
              return (
                <SettingField
                  spec={spec}
                  field={field}
                  typed={typed.get(spec.name)}
                  problem={problems.find(({ name }) => name === spec.name)?.reason}
                  savedNow={conflict?.fields.includes(spec.name) ? valueText(field.value) : undefined}
                />
              );
            })}
          </div>
        </Panel>
      ))}
    </SettingsForm>
  );
};
