/** The islands, in the order in which they are one script. */
import forms from "./forms.js" with { type: "text" };
import keys from "./keys.js" with { type: "text" };
import live from "./live.js" with { type: "text" };
import pageScript from "./page.js" with { type: "text" };
import settings from "./settings.js" with { type: "text" };

export const scripts: readonly string[] = [pageScript, forms, live, keys];
/** On pages of settings, which have more to do than the others. */
export const settingsScripts: readonly string[] = [...scripts, settings];
