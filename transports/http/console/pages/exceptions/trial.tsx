/** @jsxImportSource hono/jsx */
/** The fields of an exception as a form that tries it, and what it would have suppressed: before it can be saved, wherever it is made. */
import type { Child } from "hono/jsx";
import { EdgeError } from "../../../../../core/errors.ts";
import { sentence } from "../../answer.tsx";
import type { PageRequest } from "../../page.ts";
import { Field } from "../../parts/field.tsx";
import { Form } from "../../parts/form.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import { exceptionFields, readException } from "./exception-fields.ts";

/** By `exceptionFields`. */
export type Fields = Record<string, string>;

export interface Trial {
  detections: number;
  summary: string;
  incidents: { incident_id: string; group_key: string; detections: number }[];
  open_incidents: number;
}

export type Tried = { trial: Trial } | { refused: string };

/** The fields as the address has them. */
export function fieldsOf({ searchParams }: URL): Fields {
  return Object.fromEntries(exceptionFields.map((name) => [name, (searchParams.get(name) ?? "").slice(0, 5_000)]));
}

/** @throws what is no complaint about the fields */
export async function tryFields({ caller, ports }: PageRequest, fields: Fields): Promise<Tried> {
  try {
    const exception = readException((name) => fields[name] ?? "");
    return { trial: (await ports.api.exceptions.trial(caller, exception)) as unknown as Trial };
  } catch (error) {
    if (error instanceof EdgeError && /^(?:usage|exception_refused|entity_foreign)$/.test(error.code))
      return { refused: error.message };
    throw error;
  }
}

interface ScopeProps {
  /** Where the form leads: this page. */
  action: string;
  fields: Fields;
  /** What the fields rest on. */
  note?: string | null;
  children?: Child;
}

/** A form that the browser sends to the page itself, so that what was tried has an address. */
export const ScopePanel = ({ action, fields, note, children }: ScopeProps) => {
  const field = (name: string, label: string, hint?: string) => (
    <Field label={label} name={name} value={fields[name] ?? ""} mono {...(hint === undefined ? {} : { hint })} />
  );
  return (
    <Panel title="What it covers" id="scope" {...(note ? { note } : {})}>
      <form class="form flush" action={action} aria-label="What it covers">
        {children}
        {field("rule", "Rule", "Its id or title; * stands for anything.")}
        {field("actor", "Actor", "User, host or address.")}
        {field("host", "Host")}
        {field("process", "Process")}
        {field("command_line", "Command line")}
        {field("hash", "Hash")}
        {field("entity", "Entity", "Empty: every entity that you may see all of.")}
        {field("until", "Until", "A date such as 2026-12-31; empty: until somebody removes it.")}
        <div class="wide">
          <Field label="Why" name="reason" value={fields.reason ?? ""} maxlength={500} wide />
        </div>
        <div class="row wide">
          <button class="btn">See what it would have suppressed</button>
        </div>
      </form>
    </Panel>
  );
};

interface OutcomeProps {
  tried: Tried | null;
  fields: Fields;
  /** The action that saves it. */
  save: string;
  saveWords: string;
  back: string;
  backWords: string;
  /** Further hidden fields. */
  more?: Readonly<Record<string, string>>;
}

/** Null = nothing has been tried yet. */
export const TrialPanel = ({ tried, fields, save, saveWords, back, backWords, more = {} }: OutcomeProps) => (
  <Panel title="What it would have suppressed" id="trial">
    {tried === null ? (
      <p class="body small soft">
        Say what it covers: at least a rule, an actor or a host. The last 30 days are looked at before anything is
        saved.
      </p>
    ) : "refused" in tried ? (
      <div class="body">
        <Notice kind="bad">{sentence(tried.refused)}</Notice>
      </div>
    ) : (
      <div class="body stack">
        <p>
          <b>{sentence(`It ${tried.trial.summary}`)}</b>
        </p>
        {tried.trial.incidents.length === 0 ? null : (
          <ul class="small tight">
            {tried.trial.incidents.map((one) => (
              <li class="any">
                <a class="mono" href={`/incidents/${one.incident_id}`}>
                  {one.incident_id}
                </a>{" "}
                {one.group_key}: {one.detections} of its detections
              </li>
            ))}
          </ul>
        )}
        <Form action={save} class="row">
          {Object.entries(more).map(([name, value]) => (
            <input type="hidden" name={name} value={value} />
          ))}
          {exceptionFields.map((name) => (
            <input type="hidden" name={name} value={fields[name] ?? ""} />
          ))}
          <button class="btn primary">{saveWords}</button>
          <a class="btn plain" href={back}>
            {backWords}
          </a>
        </Form>
      </div>
    )}
  </Panel>
);
