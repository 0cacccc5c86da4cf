// @ts-check
// Keys: those of links, buttons and fields (`data-key`), and moving in a table (`data-rows`).

let first = "";
/** The last one wins: what a page has goes before what the shell has. @param {string} keys */
const ofKeys = (keys) => all(`[data-key="${CSS.escape(keys)}"]`).at(-1);
const rowsHere = () => all("[data-rows] > tbody > tr");
/** @param {HTMLElement} row */
const isChosen = (row) => row.getAttribute("aria-selected") === "true";

/** @param {HTMLElement | undefined} row */
function choose(row) {
  if (!row) return;
  for (const each of rowsHere()) each.removeAttribute("aria-selected");
  row.setAttribute("aria-selected", "true");
  row.scrollIntoView({ block: "nearest" });
  one("a.lead", row)?.focus({ preventScroll: true });
}

document.addEventListener("keydown", (event) => {
  const field = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (field.closest("input:not([type=checkbox]),textarea,select,[contenteditable],dialog[open]")) return;
  const { key } = event;
  const rows = rowsHere();
  const at = rows.findIndex(isChosen);
  const row = rows[at];
  const box = row && /** @type {HTMLInputElement | null} */ (one("input[type=checkbox]", row));
  const target = ofKeys(first ? `${first} ${key}` : key);
  const inRow = row && one(`[data-row-key="${CSS.escape(key)}"] a`, row);
  first = key === "g" && !first ? "g" : "";
  if (target) {
    event.preventDefault();
    if (target.dataset.ofRows !== undefined && !one("[data-rows] tbody input:checked")) {
      if (!box) return say("Choose a row first: j and k move to one, x ticks it.");
      box.checked = true;
    }
    if (target.matches("input,select,textarea")) target.focus();
    else target.click();
  } else if (inRow) inRow.click();
  else if (key === "j" || key === "k")
    choose(rows[Math.min(rows.length - 1, Math.max(0, at + (key === "j" ? 1 : -1)))]);
  else if (key === "x") box?.click();
  else if (key === "Enter" && row && field === document.body) one("a.lead", row)?.click();
  else if (key === "?") /** @type {HTMLDialogElement | null} */ (one("#keys"))?.showModal();
});

// Coming back from what a row leads to, the same row is chosen.
document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest("[data-rows] > tbody a");
  const row = link?.closest("tr");
  if (row) history.replaceState(null, "", `#${row.id}`);
});
choose(rowsHere().find((row) => `#${row.id}` === location.hash));
