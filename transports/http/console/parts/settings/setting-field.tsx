/** @jsxImportSource hono/jsx */
/** One setting in a form: its control, where its value comes from, what is wrong with it, and what somebody else has saved meanwhile. */
import { type FieldSpec, removeName, type SectionField, shownName, shownText } from "./field-spec.ts";
import { Hint } from "./hint.tsx";
import { Source } from "./source.tsx";

interface SettingProps {
  spec: FieldSpec;
  field: SectionField;
  /** As a person typed it; undefined = nothing was typed yet. */
  typed?: string | undefined;
  problem?: string | undefined;
  /** What counts while nothing is given. */
  fallback?: string | undefined;
  /** Whether the accepted form and the default stand there. */
  explained?: boolean | undefined;
  /** The answer itself has put something into the form: its text goes before what stands in the browser. */
  isTaken?: boolean;
  /** What was saved since the form was shown, where that differs. */
  savedNow?: string | undefined;
}

export const SettingField = (props: SettingProps) => {
  const { spec, field, typed, isTaken, problem, savedNow } = props;
  const { name, label, hint, wide } = spec;
  const fallback = props.explained ? (field.default ?? "") || "nothing" : props.fallback;
  const accepted =
    props.explained && spec.kind !== "switch" && spec.kind !== "choice" ? (spec.accepted ?? field.accepted) : undefined;
  const shown = shownText(spec, field.value);
  const isWide = wide === true || spec.kind === "area" || spec.kind === "lines";
  const control =
    spec.kind === "secret" ? (
      <SecretControl spec={spec} field={field} problem={problem} />
    ) : (
      <Control spec={spec} field={field} value={typed ?? shown} isTaken={isTaken} problem={problem} />
    );
  return (
    <div class={`setting${isWide ? " wide" : ""}${spec.kind === "switch" ? " check" : ""}`}>
      <div class="spread">
        <label for={`f-${name}`}>{label}</label>
        <Source {...field} />
      </div>
      {control}
      {field.pinned || spec.kind === "secret" ? null : <input type="hidden" name={shownName(name)} value={shown} />}
      {spec.kind === "secret" && field.configured && !field.pinned ? (
        <label class="row small">
          <input type="checkbox" name={removeName(name)} /> Remove it
        </label>
      ) : null}
      <Hint
        name={name}
        text={[
          hint,
          accepted === undefined ? undefined : `Accepted: ${accepted}.`,
          fallback === undefined ? undefined : `Default: ${defaultWords(spec, fallback)}.`,
        ]
          .filter(Boolean)
          .join(" ")}
        problem={problem}
        savedNow={savedNow}
      />
    </div>
  );
};

/** A default as the control shows it. */
function defaultWords(spec: FieldSpec, fallback: string): string {
  if (spec.kind === "switch") return fallback === "true" ? "on" : "off";
  if (spec.kind !== "choice") return fallback;
  return spec.options.find(([id]) => id.toLowerCase() === fallback.toLowerCase())?.[1] ?? fallback;
}

interface ControlProps {
  spec: FieldSpec;
  field: SectionField;
  value: string;
  isTaken?: boolean | undefined;
  problem: string | undefined;
}

const Control = ({ spec, field, value, isTaken, problem }: ControlProps) => {
  const common = {
    id: `f-${spec.name}`,
    name: field.pinned ? undefined : spec.name,
    "data-label": spec.label,
    "data-taken": isTaken ? "" : undefined,
    "aria-describedby": `${spec.name}-hint`,
    "aria-invalid": problem === undefined ? undefined : ("true" as const),
  };
  if (spec.kind === "switch")
    return <input type="checkbox" {...common} value="true" checked={value === "true"} disabled={field.pinned} />;
  if (spec.kind === "choice")
    return (
      <select class="field" {...common} disabled={field.pinned}>
        {spec.options.map(([id, words]) => (
          <option value={id} selected={id.toLowerCase() === value.toLowerCase()}>
            {words}
          </option>
        ))}
        {spec.options.some(([id]) => id.toLowerCase() === value.toLowerCase()) ? null : (
          <option value={value} selected>
            {value}
          </option>
        )}
      </select>
    );
  if (spec.kind === "area" || spec.kind === "lines")
    return (
      <>
        <textarea
          class={spec.mono ? "field mono" : "field"}
          {...common}
          rows={spec.kind === "area" ? (spec.rows ?? 3) : 3}
          placeholder={spec.placeholder}
          readonly={field.pinned}
          spellcheck={false}
        >
          {value}
        </textarea>
        {spec.kind === "area" && spec.fromFile === true && !field.pinned ? (
          <input type="file" class="scripted" data-into={`#f-${spec.name}`} aria-label={`${spec.label} from a file`} />
        ) : null}
      </>
    );
  return (
    <input
      class={spec.mono ? "field mono" : "field"}
      {...common}
      type="text"
      inputmode={spec.kind === "number" ? "decimal" : undefined}
      value={value}
      placeholder={spec.placeholder}
      readonly={field.pinned}
      autocomplete="off"
      spellcheck={false}
    />
  );
};

/** Never shows the secret: what is there is said, and what is typed replaces it. */
const SecretControl = ({ spec, field, problem }: Omit<ControlProps, "value" | "isTaken">) => (
  <input
    class="field mono"
    type="password"
    id={`f-${spec.name}`}
    name={field.pinned ? undefined : spec.name}
    data-label={spec.label}
    value={field.pinned ? "••••••••" : undefined}
    placeholder={field.configured ? "•••••••• set; type to replace it" : "not set"}
    readonly={field.pinned}
    autocomplete="new-password"
    aria-describedby={`${spec.name}-hint`}
    aria-invalid={problem === undefined ? undefined : "true"}
  />
);
