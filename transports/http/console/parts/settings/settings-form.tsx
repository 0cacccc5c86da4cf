/** @jsxImportSource hono/jsx */
/**
 * A form of settings. Without script its buttons answer with the page again, what was typed in it. With script what is wrong stands at its field
 * while one types, an answer changes only what it has to say, and what is not saved is kept in the browser.
 */
import type { Child } from "hono/jsx";
import type { FormFields } from "../../form-fields.ts";
import { Form } from "../form.tsx";
import { Icon } from "../icon.tsx";
import { Time } from "../time.tsx";
import { useViewing } from "../viewing.ts";
import { Notice } from "../words.tsx";

/** The name of the field with the version that the form was shown with. */
export const versionField = "version";
/** The version that a form was shown with: some characters for each field. */
export const versionSeen = (form: FormFields): string => form.text(versionField, 2_000);

/** What somebody else saved while the form was open. */
export interface Conflict {
  who: string;
  at: string;
  /** Names of fields with another value there. */
  fields: readonly string[];
}

/**
 * With the version that the form came with: what somebody else has saved since is told at the save, and not passed over because an answer, such
 * as that of a test, came in between. Once it is told, the person has seen it.
 */
export function asSeen<Shown extends { version: string }>(
  now: Shown,
  form: FormFields | null,
  conflict: Conflict | null,
): Shown {
  const version = form === null || conflict !== null ? "" : versionSeen(form);
  return version === "" ? now : { ...now, version };
}

interface SettingsFormProps {
  /** Of the actions: `${action}/save`, `/check`, `/test`. */
  action: string;
  /** Names the form for people: "Jira". */
  name: string;
  version: string;
  conflict: Conflict | null;
  /** Problems that belong to no field. */
  problems?: readonly string[];
  /** False = everything is pinned, and nothing can be saved. */
  canSave?: boolean;
  /** More buttons beside "Save". */
  buttons?: Child;
  children: Child;
}

export const SettingsForm = (props: SettingsFormProps) => {
  const { action, name, version, conflict, problems = [], canSave = true, buttons, children } = props;
  const { user } = useViewing();
  return (
    <Form
      action={`${action}/save`}
      label={`Settings of ${name}`}
      class="settings"
      settings={{ check: `${action}/check`, draft: `${user} ${action}` }}
    >
      <input type="hidden" name={versionField} id="version" value={version} data-part="asked" />
      <div id="form-notes" class="stack" data-part="asked">
        {conflict === null ? null : (
          <Notice kind="bad">
            <b>
              {conflict.who} saved here meanwhile, <Time at={conflict.at} seconds />. Nothing of yours was saved yet.
            </b>{" "}
            {conflict.fields.length === 0
              ? "What you changed was not touched there. Save again to go on."
              : "What is saved now stands below each field that differs. Take it over where it is right, then save again."}
          </Notice>
        )}
        {problems.length === 0 ? null : (
          <Notice kind="bad">
            <b>Nothing was saved.</b> {problems.join("; ")}
          </Notice>
        )}
      </div>
      {children}
      <div class="savebar" role="status">
        <Icon n="pencil" s={15} c="run" />
        <span data-unsaved>
          {canSave ? "Changes count from the moment they are saved." : "Everything here is set elsewhere."}
        </span>
        <span class="push row">
          <button type="reset" class="btn plain scripted" data-discard hidden>
            Discard
          </button>
          {buttons}
          {canSave ? <button class="btn primary">Save</button> : null}
        </span>
      </div>
    </Form>
  );
};
