/** @jsxImportSource hono/jsx */
/** A form that changes something: POST, with the token that no other site knows. */
import type { Child } from "hono/jsx";
import { useViewing } from "./viewing.ts";

/** The name of the field with the token. */
export const formTokenField = "form_token";

interface FormProps {
  /** An action's address: `/console/…`. */
  action: string;
  class?: string;
  id?: string;
  /** The selector of what shows the button's `data-said` at once, before the answer; it is put back if the answer is a refusal. */
  optimistic?: string;
  /** The selector of what is fetched anew once it is done: the page stays where it is. */
  renews?: string;
  /** Sent by the browser itself, which then shows the answer. */
  plain?: boolean;
  label?: string;
  /** It has fields with files. */
  files?: boolean;
  /** A form of settings: where what is typed is checked, and under which name what is not saved is kept in the browser. */
  settings?: { check: string; draft: string };
  children?: Child;
}

export const Form = (props: FormProps) => {
  const { action, id, optimistic, renews, plain, label, files, settings, children, ...rest } = props;
  return (
    <form
      method="post"
      action={action}
      id={id}
      class={rest.class}
      aria-label={label}
      data-optimistic={optimistic}
      data-renews={renews}
      data-check={settings?.check}
      data-draft={settings?.draft}
      data-plain={plain ? "" : undefined}
      enctype={files ? "multipart/form-data" : undefined}
    >
      <input type="hidden" name={formTokenField} value={useViewing().formToken} />
      {children}
    </form>
  );
};
