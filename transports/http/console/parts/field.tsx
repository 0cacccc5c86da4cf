/** @jsxImportSource hono/jsx */
/** Fields of forms: label, control, hint, and where a setting is pinned. */
import type { Child } from "hono/jsx";
import { Icon } from "./icon.tsx";

/** A setting that the environment or a file has: shown, dashed, and changed there. */
export const Pin = ({ source, name }: { source: "environment" | "file"; name: string }) => (
  <span class="pin" title="Set outside of the console, so it is changed there">
    <Icon n="lock" s={12} />
    {source}, <code>{name}</code>
  </span>
);

interface FieldProps {
  label: string;
  name: string;
  value?: string;
  type?: "text" | "password" | "search" | "email" | "number" | "date" | "datetime-local";
  hint?: Child;
  /** Where a page has the field several times: its form's own word. */
  of?: string;
  /** What is wrong with the value. */
  problem?: string | null;
  pin?: { source: "environment" | "file"; name: string };
  wide?: boolean;
  mono?: boolean;
  required?: boolean;
  autofocus?: boolean;
  autocomplete?: string;
  inputmode?: "numeric" | "text";
  maxlength?: number;
  placeholder?: string;
}

export const Field = (props: FieldProps) => {
  const { label, name, value, type = "text", hint, problem, pin, wide, mono, autocomplete = "off" } = props;
  const hintId = hint || problem ? `${props.of ?? ""}${name}-hint` : undefined;
  return (
    <label class={wide ? "wide" : undefined}>
      <span class="spread">
        <span>{label}</span>
        {pin === undefined ? null : <Pin source={pin.source} name={pin.name} />}
      </span>
      <input
        class={mono ? "field mono" : "field"}
        name={name}
        type={type}
        value={value}
        readonly={pin !== undefined}
        required={props.required}
        autofocus={props.autofocus}
        autocomplete={autocomplete}
        inputmode={props.inputmode}
        maxlength={props.maxlength}
        placeholder={props.placeholder}
        aria-describedby={hintId}
        aria-invalid={problem ? "true" : undefined}
        spellcheck={false}
      />
      {hintId === undefined ? null : (
        <span class={problem ? "hint bad" : "hint"} id={hintId}>
          {problem ?? hint}
        </span>
      )}
    </label>
  );
};

/** A day among filters. */
export const Day = ({ name, label, value }: { name: string; label: string; value: string }) => (
  <span class="day">
    <Field label={label} name={name} type="date" value={value} />
  </span>
);

export const Area = (props: {
  label: string;
  name: string;
  value?: string;
  rows?: number;
  hint?: Child;
  maxlength?: number;
  placeholder?: string;
  required?: boolean;
}) => {
  const { label, name, value, rows = 3, hint } = props;
  const hintId = hint === undefined ? undefined : `${name}-hint`;
  return (
    <label class="wide">
      <span>{label}</span>
      <textarea
        class="field"
        name={name}
        rows={rows}
        maxlength={props.maxlength}
        placeholder={props.placeholder}
        required={props.required}
        aria-describedby={hintId}
        spellcheck={false}
      >
        {value}
      </textarea>
      {hintId === undefined ? null : (
        <span class="hint" id={hintId}>
          {hint}
        </span>
      )}
    </label>
  );
};

/** More are in a part of the page that scrolls. */
const manyBoxes = 16;

/** Check boxes of one name. `text` is what stands beside each, with a second line that explains it. */
export const Boxes = (props: {
  legend: string;
  name: string;
  options: readonly { value: string; text: Child; what?: Child }[];
  ticked: readonly string[];
  hint?: Child;
}) => (
  <fieldset class={props.options.length > manyBoxes ? "ticks wide many" : "ticks wide"}>
    <legend>{props.legend}</legend>
    {props.options.map(({ value, text, what }) => (
      <label class="row one">
        <input type="checkbox" name={props.name} value={value} checked={props.ticked.includes(value)} />
        <span class="any">
          {text}
          {what === undefined ? null : <small class="tiny quiet"> {what}</small>}
        </span>
      </label>
    ))}
    {props.hint === undefined ? null : <span class="hint">{props.hint}</span>}
  </fieldset>
);

export const Select = (props: {
  label: string;
  name: string;
  /** Value and text. */
  options: readonly (readonly [string, string])[];
  value: string;
  hint?: Child;
  /** Without a visible label, as in a row of filters. */
  bare?: boolean;
}) => {
  const { label, name, options, value, hint, bare } = props;
  const control = (
    <select class="field" name={name} aria-label={bare ? label : undefined}>
      {options.map(([id, text]) => (
        <option value={id} selected={id === value}>
          {text}
        </option>
      ))}
    </select>
  );
  if (bare) return control;
  return (
    <label>
      <span>{label}</span>
      {control}
      {hint === undefined ? null : <span class="hint">{hint}</span>}
    </label>
  );
};
