/** @jsxImportSource hono/jsx */
/** Before what a page that was left open must not do by itself: the password of who sits there. */
import { Field } from "../field.tsx";

/** `of`: a word for the form that it is in. */
export const OwnPassword = ({ of }: { of: string }) => (
  <Field
    label="Your own password"
    name="own_password"
    of={of}
    type="password"
    required
    autocomplete="current-password"
    maxlength={1024}
    hint="So that nobody does this at a screen that you left."
  />
);
