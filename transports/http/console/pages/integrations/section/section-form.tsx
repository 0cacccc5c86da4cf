/** @jsxImportSource hono/jsx */
/** The form of a section. */
import type { Child } from "hono/jsx";
import { type FieldGroup, type Section, valueText } from "../../../parts/settings/field-spec.ts";
import { SettingField } from "../../../parts/settings/setting-field.tsx";
import { SettingsForm } from "../../../parts/settings/settings-form.tsx";
import { Notice, Panel } from "../../../parts/words.tsx";
import { TestResult } from "../test-steps.tsx";
import { allTheSame, type FormState } from "./form-state.ts";

interface SectionFormProps {
  action: string;
  title: string;
  section: Section;
  groups: readonly FieldGroup[];
  state: FormState;
  buttons?: Child;
  notice?: Child;
  /** Inside the form, after its fields. */
  below?: Child;
}

export const SectionForm = (props: SectionFormProps) => {
  const { action, title, section, groups, state, buttons, notice, below } = props;
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
                  isTaken={(state.picker?.taken ?? []).length > 0}
                  problem={problems.find(({ name }) => name === spec.name)?.reason}
                  savedNow={conflict?.fields.includes(spec.name) ? valueText(field.value) : undefined}
                />
              );
            })}
          </div>
        </Panel>
      ))}
      {below}
    </SettingsForm>
  );
};
