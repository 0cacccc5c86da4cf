/** What the API answers about the fields that ticket systems offer themselves. */
import * as v from "valibot";
import { orNull, text } from "./field-shapes.ts";

export const targetScreens = v.object({
  screens: v.array(
    v.object({
      setting: v.pipe(
        text,
        v.description("The field of the section that fills them: extra_fields, transition_fields."),
      ),
      title: text,
      of: v.pipe(text, v.description("Whose screen it is.")),
      fields: v.array(
        v.object({
          id: text,
          label: text,
          type: v.pipe(text, v.description("In the target's own words.")),
          required: v.boolean(),
          has_default: v.boolean(),
          filled_by_rhythmx: v.pipe(v.boolean(), v.description("Not for the settings to fill.")),
          form: v.picklist([
            "text",
            "document",
            "number",
            "date",
            "time",
            "flag",
            "one",
            "many",
            "texts",
            "record",
            "json",
          ]),
          values: orNull(
            v.array(
              v.object({
                id: text,
                label: text,
                value: v.pipe(v.unknown(), v.description("As it stands in the setting.")),
              }),
            ),
          ),
          where: v.pipe(text, v.description("On which of several screens, or why or when it is required.")),
        }),
      ),
    }),
  ),
  unread: v.pipe(
    v.array(v.object({ what: text, why: text })),
    v.description("What could not be read, in the target's words."),
  ),
});
