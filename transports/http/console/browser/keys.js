// @ts-check
// Keys: those of links, buttons and fields (`data-key`), and moving in a table (`data-rows`).

let first = "";
/** @param {string} keys */
const ofKeys = (keys) => one(`[data-key="${CSS.escape(keys)}"]`);

/** @param {number} by */
function move(by) {
  const rows = all("[data-rows] > tbody > tr");
  const at = rows.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  if (!next) return;
  rows[at]?.removeAttribute("aria-selected");
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
  one("a.lead", next)?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (field.closest("input:not([type=checkbox]),textarea,select,[contenteditable],dialog[open]")) return;
  const { key } = event;
  const row = one('[data-rows] > tbody > tr[aria-selected="true"]');
  const target = ofKeys(first ? `${first} ${key}` : key);
  first = key === "g" && !first ? "g" : "";
  if (target) {
    event.preventDefault();
    if (target.matches("input,select,textarea")) target.focus();
    else target.click();
  } else if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key === "x" && row) one("input[type=checkbox]", row)?.click();
  else if (key === "?") /** @type {HTMLDialogElement | null} */ (one("#keys"))?.showModal();
});
