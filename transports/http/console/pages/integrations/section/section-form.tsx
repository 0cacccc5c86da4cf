/** @jsxImportSource hono/jsx */
/** The form of a section of settings, with everything that an answer has to say. */
import type { Child } from "hono/jsx";
import { type FieldGroup, type Section, valueText } from "../../../parts/settings/field-spec.ts";
import { PairsField } from "../../../parts/settings/pairs-field.tsx";
import { RowsField } from "../../../parts/settings/rows-field.tsx";
import { SettingField } from "../../../parts/settings/setting-field.tsx";
import { type Conflict, SettingsForm } from "../../../parts/settings/settings-form.tsx";
import { SeveralField } from "../../../parts/settings/several-field.tsx";
import { Notice, Panel } from "../../../parts/words.tsx";
import type { TestStep } from "../integration-state.ts";
import { TestResult } from "../test-steps.tsx";
import { isOffered, type Picker } from "./field-picks.ts";

/** The check box by which a person enables what its test has found wanting. */
export const allTheSame = "all_the_same";
/** The field for the own password, with a grave change. */
export const ownPassword = "own_password";

/** What a form says beside the section's values. */
export interface FormState {
  /** What was typed, by field. */
  typed: ReadonlyMap<string, string>;
  problems: readonly { name: string; reason: string }[];
  conflict: Conflict | null;
  tested: { ok: boolean; steps: readonly TestStep[]; unsaved: number } | null;
  /** The test that goes before enabling has found something: whether to enable it all the same is for a person to say. */
  held: boolean;
  /** What a person has to confirm with the own password, in words. */
  grave: Child | null;
  /** The fields of the target's own screens, once a person has asked for them. */
  picker: Picker | null;
}

export const freshForm: FormState = {
  ...{ typed: new Map(), problems: [], conflict: null, tested: null },
  ...{ held: false, grave: null, picker: null },
};

interface SectionFormProps {
  action: string;
  title: string;
  section: Section;
  groups: readonly FieldGroup[];
  state: FormState;
  buttons?: Child;
  notice?: Child;
  preview?: Child;
  /** Whether accepted form and default stand at each field. */
  explained: boolean;
}

/** The form of a section. */
export const SectionForm = (props: SectionFormProps) => {
  const { action, title, section, groups, state, buttons, notice, preview, explained } = props;
  const { typed, problems, conflict, tested, held, grave } = state;
  const names = new Set([ownPassword, ...groups.flatMap(({ fields }) => fields.map(({ name }) => name))]);
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
        {grave === null ? null : (
          <GraveChange words={grave} problem={problems.find(({ name }) => name === ownPassword)?.reason} />
        )}
      </div>
      {groups.map((group, index) => (
        <Panel title={group.title} id={`${section.section}-${index}`} note={group.note}>
          <div class="form flush">
            {group.fields.map((spec) => {
              const field = section.fields[spec.name];
              if (field === undefined) return null;
              const own = {
                field,
                typed: typed.get(spec.name),
                problem: problems.find(({ name }) => name === spec.name)?.reason,
                savedNow: conflict?.fields.includes(spec.name) ? valueText(field.value) : undefined,
              };
              if (spec.kind === "rows") return <RowsField spec={spec} {...own} />;
              if (spec.kind === "several") return <SeveralField spec={spec} {...own} />;
              if (spec.kind === "pairs")
                return <PairsField spec={spec} {...own} labels={labelsOf(state.picker, spec.name)} />;
              return (
                <SettingField
                  spec={spec}
                  {...own}
                  explained={explained}
                  isTaken={(state.picker?.taken ?? []).length > 0}
                />
              );
            })}
          </div>
        </Panel>
      ))}
      {preview}
    </SettingsForm>
  );
};

/** What the target calls the fields that a setting may have, by id, once it was asked. */
function labelsOf(picker: Picker | null, setting: string): ReadonlyMap<string, string> {
  const screens = picker?.target.screens.filter((screen) => screen.setting === setting) ?? [];
  return new Map(
    screens.flatMap(({ fields }) => fields.filter(isOffered).map(({ id, label }) => [id, label] as const)),
  );
}

/** What would be lost, and the own password for it. */
const GraveChange = ({ words, problem }: { words: Child; problem: string | undefined }) => (
  <Notice kind="wait">
    {words}{" "}
    <label>
      Your own password, to do it:{" "}
      <input
        class="field"
        type="password"
        name={ownPassword}
        data-label="Your own password"
        autocomplete="current-password"
        aria-invalid={problem === undefined ? undefined : "true"}
      />
    </label>{" "}
    {problem === undefined ? "Then save again." : <b>{problem}</b>}
  </Notice>
);
