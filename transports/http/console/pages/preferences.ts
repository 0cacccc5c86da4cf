/** How a person wants to see pages: theme and zone, kept in the browser. */
import { setPreference, themes, zoneChoices } from "../cookies.ts";
import { safeReturn } from "../origin.ts";
import type { Action } from "../page.ts";

export const preferenceActions: readonly Action[] = [
  {
    path: "/console/preferences",
    permission: "self",
    run: async ({ c, form }) => {
      if (form.has("theme")) setPreference(c, "theme", form.oneOf("theme", themes));
      if (form.has("zone")) setPreference(c, "zone", form.oneOf("zone", zoneChoices));
      return { to: safeReturn(form.text("to", 2_000)) };
    },
  },
];
