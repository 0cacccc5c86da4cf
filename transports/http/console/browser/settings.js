// @ts-check
// Forms of settings: what is wrong stands at its field, an answer changes only what it has to say, and what is not saved is kept.

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/** Controls that hold settings: not secrets, not what belongs to the form itself. @param {HTMLElement} form @returns {Control[]} */
const controlsOf = (form) => /** @type {any} */ (all("[data-label][name]:not([type=password],[data-secret])", form));
/** @param {Control} control */
const textOf = (control) =>
  control.type === "checkbox" ? String(/** @type {HTMLInputElement} */ (control).checked) : control.value;
/** @param {Control} control @param {string} text */
function fill(control, text) {
  if (control.type === "checkbox") /** @type {HTMLInputElement} */ (control).checked = text === "true";
  else control.value = text;
}
/** What the form was shown with. @param {Control} control @returns {HTMLInputElement | null} */
const shownOf = (control) => /** @type {any} */ (control.form?.elements.namedItem(`shown.${control.name}`));
/** @param {Control} control */
const isChanged = (control) => textOf(control).replaceAll("\r\n", "\n").trim() !== (shownOf(control)?.value ?? "");

const settingsForm = /** @type {HTMLFormElement | null} */ (one("form[data-draft]"));
const draftKey = `draft ${settingsForm?.dataset.draft}`;
/** @returns {HTMLInputElement} */
const versionHere = () => /** @type {any} */ (one("#version"));

/** An answer that is still on its way must not keep what was discarded, or saved. */
let discarding = false;

/** Says what is not saved, and keeps it in the browser. */
function keepDraft() {
  if (!settingsForm || discarding || "done" in settingsForm.dataset) return;
  const changed = controlsOf(settingsForm).filter(isChanged);
  const secrets = /** @type {Control[]} */ (all("[type=password][name],[data-secret]", settingsForm)).filter(
    (field) => field.value !== "",
  );
  const names = [...changed, ...secrets].map((control) => control.dataset.label ?? control.name);
  const place = one("[data-unsaved]", settingsForm);
  const discard = one("[data-discard]", settingsForm);
  if (place) {
    place.dataset.calm ??= place.textContent ?? "";
    place.textContent =
      names.length === 0
        ? place.dataset.calm
        : `${names.length === 1 ? "1 change is" : `${names.length} changes are`} not saved: ${names.join(", ")}`;
  }
  if (discard) discard.hidden = names.length === 0;
  if (changed.length === 0) return localStorage.removeItem(draftKey);
  const fields = Object.fromEntries(changed.map((control) => [control.name, textOf(control)]));
  localStorage.setItem(draftKey, JSON.stringify({ version: versionHere().value, fields }));
}

if (settingsForm) {
  const draft = JSON.parse(localStorage.getItem(draftKey) ?? "null");
  if (draft) {
    // Rows that were added come again.
    for (const name of Object.keys(draft.fields)) {
      const rows = `#${CSS.escape(name.split(".")[0] ?? "")}-rows`;
      for (let n = 0; n < 200 && one(rows) && !settingsForm.elements.namedItem(name); n++) addRow(rows);
    }
    for (const control of controlsOf(settingsForm))
      if (Object.hasOwn(draft.fields, control.name)) fill(control, draft.fields[control.name]);
    // What is in force by now, since it was saved, needs no word.
    if (controlsOf(settingsForm).some(isChanged)) {
      // Whoever saved since is told of at the next save.
      versionHere().value = draft.version;
      say("What you had not saved is here again.");
    }
  }
  keepDraft();
  settingsForm.addEventListener("reset", (event) => {
    event.preventDefault();
    discarding = true;
    for (const control of controlsOf(settingsForm)) fill(control, shownOf(control)?.value ?? "");
    localStorage.removeItem(draftKey);
    location.reload();
  });
}

/** Puts in place what an answer says of a form; what somebody has typed stays. @param {HTMLFormElement} form @param {Document} page @param {boolean} isAsked */
function putParts(form, page, isAsked) {
  const fresh = /** @type {HTMLFormElement | null} */ (one("form[data-draft]", page));
  if (!fresh) return false;
  for (const control of controlsOf(form)) {
    const next = /** @type {Control | null} */ (one(`[data-label][name="${control.name}"]`, fresh));
    if (!next) continue;
    const taken = next.dataset.taken !== undefined;
    if (isAsked && (taken || !isChanged(control))) fill(control, textOf(next));
    const [shown, now] = [shownOf(control), shownOf(next)];
    if (shown && now && isAsked) shown.value = now.value;
  }
  for (const field of all("[aria-describedby]", form)) {
    const next = one(`[aria-describedby="${field.getAttribute("aria-describedby")}"]`, fresh);
    if (next?.hasAttribute("aria-invalid")) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
  // Also what stands above the form and says what its values would mean.
  for (const old of all("[data-part][id]")) {
    const next = page.getElementById(old.id);
    if (!next || (!isAsked && old.dataset.part === "asked")) continue;
    old.replaceChildren(...next.childNodes);
    for (const { name, value } of [...next.attributes]) old.setAttribute(name, value);
    if (old instanceof HTMLInputElement) old.value = /** @type {HTMLInputElement} */ (next).value;
  }
  if (isAsked)
    (one("[aria-invalid=true]", form) ?? one("#form-notes, #tested", form))?.scrollIntoView({ block: "center" });
  if (isAsked) one("[aria-invalid=true]", form)?.focus();
  keepDraft();
  return true;
}

/** Bytes of a file that is put into a field. */
const mostOfFile = 200_000;
/** @type {AbortController | null} */
let checking = null;
document.addEventListener("change", async (event) => {
  const field = /** @type {Control} */ (event.target);
  const form = field.form;
  if (!form?.dataset.check) return;
  const file = /** @type {HTMLInputElement} */ (field);
  if (file.type === "file") {
    const place = /** @type {HTMLTextAreaElement | null} */ (one(file.dataset.into ?? ""));
    const chosen = file.files?.[0];
    if (chosen && chosen.size > mostOfFile) {
      file.value = "";
      return say(
        `${chosen.name} is no certificate or key: it has ${Math.ceil(chosen.size / 1000)} kB, they have a few.`,
      );
    }
    if (place && chosen) place.value = await chosen.text();
  }
  checking?.abort();
  checking = new AbortController();
  const { signal } = checking;
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  const html = await ask(form.dataset.check, { method: "POST", body, signal }, true)
    .then((response) => (response.ok ? response.text() : ""))
    .catch(() => "");
  if (html) await released;
  if (html && !signal.aborted) putParts(form, parsed(html), false);
});
// What a check has found says less than the answer to the form: it must not come after it.
document.addEventListener("submit", () => checking?.abort());
document.addEventListener("input", (event) => {
  if (/** @type {Control} */ (event.target).form === settingsForm && settingsForm) keepDraft();
});

/** A further row for a table of rows: the last one again, without what stands in it. @param {string} place */
function addRow(place) {
  const last = /** @type {HTMLElement | undefined} */ (all(`${place} tbody tr`).at(-1));
  const next = /** @type {HTMLElement | undefined} */ (last?.cloneNode(true));
  if (!last || !next) return;
  const onwards = (/** @type {string} */ text) =>
    text.replace(/(?<=\.|\brow )\d+/, (number) => String(Number(number) + 1));
  for (const control of all("input", next)) {
    for (const name of ["id", "name", "aria-label", "data-label"]) {
      const text = control.getAttribute(name);
      if (text !== null) control.setAttribute(name, onwards(text));
    }
    control.setAttribute("value", "");
    /** @type {HTMLInputElement} */ (control).value = "";
  }
  for (const words of all(".tiny", next)) words.remove();
  last.after(next);
}
document.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-add-row]"));
  if (!button) return;
  addRow(button.dataset.addRow ?? "");
  all(`${button.dataset.addRow} tbody tr`).at(-1)?.querySelector("input")?.focus();
});
