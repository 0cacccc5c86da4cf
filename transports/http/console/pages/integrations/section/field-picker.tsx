/** @jsxImportSource hono/jsx */
/** The fields that a ticket system offers on its own screens, each with a control that puts it into the settings of the form. */
import {
  type FieldScreen,
  type TargetField,
  textOfValue,
} from "../../../../../../core/tickets/fields/target-fields.ts";
import { shownName } from "../../../parts/settings/field-spec.ts";
import { Notice, Panel } from "../../../parts/words.tsx";
import { fieldsOf, handName, handValue, isOffered, type Picker, pickName } from "./field-picks.ts";

interface PickerProps {
  /** "Jira". */
  system: string;
  /** Of the buttons: `${action}/fields`, `/pick`. */
  action: string;
  picker: Picker | null;
  /** The text that the form has for a setting; null = it is pinned. */
  textOf(setting: string): string | null;
  /** What the form calls a setting. */
  labelOf(setting: string): string;
}

/** From so many values on one types, and the browser offers what begins like it. */
const mostInList = 60;
const mostOffered = 300;

export const FieldPicker = ({ system, action, picker, textOf, labelOf }: PickerProps) => (
  <Panel
    title={`Fields that ${system} itself offers`}
    id="own-fields"
    note="of its own screens, also as it is typed above"
  >
    <div class="body stack" id="picker" data-part="asked">
      <p class="row">
        <button class="btn" formaction={`${action}/fields`}>
          {picker === null ? `Ask ${system} for its fields` : "Ask again"}
        </button>
        <span class="small soft">Nothing is written there.</span>
      </p>
      {picker === null ? null : (
        <>
          {picker.taken.length === 0 ? null : (
            <Notice kind="good">
              <b>Put into the settings above: {picker.taken.join(", ")}.</b> Save, and it counts.
            </Notice>
          )}
          {picker.target.unread.map(({ what, why }) => (
            <Notice kind="wait">
              <b>Not read: {what}.</b> {why}. A field of theirs can be written by hand above.
            </Notice>
          ))}
          {picker.target.screens.map((screen) => (
            <ScreenFields
              screen={screen}
              picker={picker}
              text={textOf(screen.setting)}
              label={labelOf(screen.setting)}
              action={action}
            />
          ))}
        </>
      )}
    </div>
  </Panel>
);

interface ScreenProps {
  screen: FieldScreen;
  picker: Picker;
  text: string | null;
  label: string;
  action: string;
}

const ScreenFields = ({ screen, picker, text, label, action }: ScreenProps) => {
  const { setting, title, of, fields } = screen;
  const values = fieldsOf(text ?? "") ?? {};
  const isSet = (id: string) => Object.hasOwn(values, id);
  const offered = fields.filter(isOffered);
  const isFirst = (field: TargetField) =>
    field.required || isSet(field.id) || picker.problems.has(pickName(setting, field.id));
  const rest = offered.filter((field) => !isFirst(field)).sort((a, b) => (a.label < b.label ? -1 : 1));
  const missing = offered.filter((field) => field.required && !field.hasDefault && !isSet(field.id));
  const one = (field: TargetField) => (
    <PickedField setting={setting} field={field} value={values[field.id]} picker={picker} isPinned={text === null} />
  );
  return (
    <fieldset class="setting wide tls-file">
      <legend>
        {title} <span class="soft">({of})</span>
      </legend>
      <p class="small soft">
        {missing.length === 0
          ? "Every required field is filled."
          : `Required and not filled: ${missing.map((field) => field.label).join(", ")}.`}{" "}
        RhythmX Edge fills {namesOf(fields.filter(({ isFilled }) => isFilled))}.
      </p>
      <div class="form flush">{offered.filter(isFirst).map(one)}</div>
      {rest.length === 0 ? null : (
        <details>
          <summary class="run small">{rest.length === 1 ? "1 more field" : `${rest.length} more fields`}</summary>
          <div class="form flush">{rest.map(one)}</div>
        </details>
      )}
      {text === null ? (
        <p class="small soft">{label} is set elsewhere, and is changed there.</p>
      ) : (
        <>
          <details>
            <summary class="run small">A field that is not here</summary>
            <div class="form flush">
              <label class="setting">
                <span>Its id</span>
                <input class="field mono" name={handName(setting)} autocomplete="off" spellcheck={false} />
              </label>
              <label class="setting">
                <span>Its value, as text or JSON</span>
                <input class="field mono" name={handValue(setting)} autocomplete="off" spellcheck={false} />
              </label>
            </div>
          </details>
          <p class="row">
            <button class="btn" formaction={`${action}/pick`}>
              Put into “{label}”
            </button>
          </p>
        </>
      )}
    </fieldset>
  );
};

function namesOf(fields: readonly TargetField[]): string {
  return fields.length === 0 ? "none of them" : fields.map(({ label }) => label).join(", ");
}

interface PickedProps {
  setting: string;
  field: TargetField;
  value: unknown;
  picker: Picker;
  isPinned: boolean;
}

const PickedField = ({ setting, field, value, picker, isPinned }: PickedProps) => {
  const name = pickName(setting, field.id);
  const shown = textOfValue(field, value);
  const problem = picker.problems.get(name);
  const said = [field.where, field.hasDefault ? "the target has a default" : ""].filter((one) => one !== "").join("; ");
  return (
    <div class="setting">
      <div class="spread">
        <label for={`f-${name}`}>
          {field.label} <code>{field.id}</code>
        </label>
        <span class="tiny quiet">{field.required ? "required" : ""}</span>
      </div>
      <PickControl
        name={name}
        field={field}
        text={picker.typed.get(name) ?? shown}
        isPinned={isPinned}
        isWrong={problem !== undefined}
      />
      {isPinned ? null : <input type="hidden" name={shownName(name)} value={shown} />}
      <span class={problem === undefined ? "hint" : "hint bad"} id={`${name}-hint`}>
        {problem ?? `${field.type}${said === "" ? "" : `; ${said}`}`}
      </span>
    </div>
  );
};

interface ControlProps {
  name: string;
  field: TargetField;
  text: string;
  isPinned: boolean;
  isWrong: boolean;
}

const PickControl = ({ name, field: { shape }, text, isPinned, isWrong }: ControlProps) => {
  const common = {
    id: `f-${name}`,
    name: isPinned ? undefined : name,
    class: "field",
    "aria-describedby": `${name}-hint`,
    "aria-invalid": isWrong ? ("true" as const) : undefined,
  };
  const isList = shape.kind === "one" || shape.kind === "many";
  const chosen = text.split("\n");
  const isKnown = isList && chosen.every((id) => id === "" || shape.allowed.some((one) => one.id === id));
  if (isList && isKnown && shape.allowed.length <= mostInList)
    return (
      <select {...common} disabled={isPinned} multiple={shape.kind === "many"}>
        {shape.kind === "one" ? <option value="">—</option> : null}
        {shape.allowed.map(({ id, label }) => (
          <option value={id} selected={chosen.includes(id)}>
            {label}
          </option>
        ))}
      </select>
    );
  if (shape.kind === "flag")
    return (
      <select {...common} disabled={isPinned}>
        {["", "true", "false"].map((word) => (
          <option value={word} selected={word === text}>
            {word === "" ? "—" : word}
          </option>
        ))}
      </select>
    );
  if (shape.kind === "texts" || shape.kind === "document" || shape.kind === "many")
    return (
      <textarea {...common} rows={2} readonly={isPinned} spellcheck={false}>
        {text}
      </textarea>
    );
  return (
    <>
      <input
        {...common}
        type="text"
        value={text}
        list={isList ? `${name}-list` : undefined}
        readonly={isPinned}
        autocomplete="off"
        spellcheck={false}
      />
      {isList ? (
        <datalist id={`${name}-list`}>
          {shape.allowed.slice(0, mostOffered).map(({ label }) => (
            <option value={label}>{label}</option>
          ))}
        </datalist>
      ) : null}
    </>
  );
};
