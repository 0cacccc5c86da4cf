// @ts-check
// Forms are sent by script, so that nothing typed is lost when a session has ended or a change is refused.

document.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
  if (form.dataset.filter) {
    event.preventDefault();
    return filter(form, 0);
  }
  if (form.method !== "post" || form.dataset.plain !== undefined || event.defaultPrevented) return;
  event.preventDefault();
  if (form.dataset.sending) return;
  const data = new FormData(form, button);
  // A form with files goes as its parts.
  const body = form.enctype.startsWith("multipart") ? data : new URLSearchParams(/** @type {any} */ (data));
  const chosen =
    button?.dataset.said ??
    /** @type {HTMLSelectElement | null} */ (one("select", form))?.selectedOptions[0]?.dataset.said;
  const cell = form.dataset.optimistic ? one(form.dataset.optimistic) : null;
  const before = cell?.textContent ?? "";
  const pop = /** @type {HTMLElement | null} */ (button?.closest("[popover]") ?? null);
  if (cell && chosen) cell.textContent = chosen;
  form.dataset.sending = "1";
  one(".problem", form)?.remove();
  let leaves = false;
  try {
    const action = button?.hasAttribute("formaction") ? button.formAction : form.action;
    const response = await ask(action, { method: "POST", body });
    const said = decodeURIComponent(response.headers.get("X-Said") ?? "");
    const to = response.headers.get("X-Location");
    const here = location.pathname + location.search;
    if (response.ok && form.dataset.renews && to === here) {
      pop?.hidePopover();
      await renew(form.dataset.renews);
      say(said);
    } else if (response.ok && cell) {
      form.reset();
      await refresh(() => true, false);
      if (said) say(said);
    } else if (to) {
      leaves = true;
      if (said) sessionStorage.setItem("said", said);
      if (form.dataset.draft) {
        form.dataset.done = "";
        localStorage.removeItem(`draft ${form.dataset.draft}`);
      }
      if (to === here || to.startsWith(`${here}#`)) location.reload();
      else location.assign(to);
    } else if (response.headers.get("Content-Type")?.startsWith("text/html")) {
      const html = await response.text();
      if (!(form.dataset.draft && putParts(form, parsed(html), true))) showMain(html);
    } else {
      if (cell) cell.textContent = before;
      tell(pop ?? form, said || "This could not be done. What you typed is still there: try again.");
    }
  } catch {
    if (cell) cell.textContent = before;
    tell(pop ?? form, "The appliance does not answer. What you typed is still there: try again.");
  } finally {
    // While the next page is on its way, another press sends nothing more.
    if (!leaves) delete form.dataset.sending;
  }
});
// A page that a browser has kept for Back is as it was when it was left.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of all("form[data-sending]")) delete form.dataset.sending;
});

/** Fetches a list anew; the same row stays chosen, or the one that took its place. @param {string} place */
async function renew(place) {
  const before = rowsHere();
  const at = before.findIndex(isChosen);
  await load(location.pathname + location.search, place, new AbortController().signal);
  const rows = rowsHere();
  if (at >= 0) choose(rows.find((row) => row.id === before[at]?.id) ?? rows[Math.min(at, rows.length - 1)]);
}

/** A problem where the form is, or the one that has taken its place meanwhile. @param {HTMLElement} form @param {string} text */
function tell(form, text) {
  if (!form.isConnected) {
    const named = form.id ? `#${form.id}` : `form[action="${form.getAttribute("action")}"]`;
    form = /** @type {HTMLElement} */ (one(named) ?? one("#main") ?? document.body);
  }
  const place = document.createElement("p");
  place.className = "problem bad small wide";
  place.setAttribute("role", "alert");
  place.textContent = text;
  form.append(place);
}

/** What is shown once takes the place of the page. @param {string} html */
function showMain(html) {
  const page = parsed(html);
  const [main, fresh] = [one("#main"), one("#main", page)];
  if (!main || !fresh) return;
  main.replaceChildren(...fresh.childNodes);
  document.title = page.title;
  scrollTo(0, 0);
  (one("[autofocus]", main) ?? main).focus();
}

// What is shown once is gone when somebody comes back to the page.
addEventListener("pagehide", () => {
  for (const each of all("[data-once]")) each.remove();
});

const left = sessionStorage.getItem("said");
if (left) {
  sessionStorage.removeItem("said");
  say(left);
} else if (one("#said")?.hidden === false) say(one("#said")?.textContent ?? "");

/** Filters: what is typed or chosen replaces the list and the address. */
/** @type {AbortController | null} */
let filtering = null;
/** @param {HTMLFormElement} form @param {number} delay */
function filter(form, delay) {
  filtering?.abort();
  const mine = new AbortController();
  filtering = mine;
  setTimeout(async () => {
    if (mine.signal.aborted) return;
    const query = new URLSearchParams(/** @type {any} */ (new FormData(form)));
    for (const [name, value] of [...query]) if (value === "") query.delete(name);
    const url = `${new URL(form.action).pathname}${query.size ? `?${query}` : ""}`;
    if (await load(url, form.dataset.filter ?? "", mine.signal)) history.replaceState(null, "", url);
  }, delay);
}
/** The page that answers; null where none does, also where it breaks off. @param {string} url @param {RequestInit} [init] */
const textOrNull = (url, init) =>
  ask(url, init)
    .then((response) => (response.ok ? response.text() : null))
    .catch(() => null);
/** @param {string} url @param {string} place @param {AbortSignal} signal */
async function load(url, place, signal) {
  const html = await textOrNull(url, { signal });
  if (html === null) return false;
  const page = parsed(html);
  await released;
  const [old, fresh] = [one(place), one(place, page)];
  if (signal.aborted || !old || !fresh) return false;
  old.replaceChildren(...fresh.childNodes);
  document.title = page.title;
  return true;
}
document.addEventListener("input", (event) => {
  const field = /** @type {HTMLInputElement} */ (event.target);
  const form = /** @type {HTMLFormElement | null} */ (field.closest("form[data-filter]"));
  if (field.dataset.all) {
    const boxes = /** @type {HTMLInputElement[]} */ (all(`${field.dataset.all} tbody input[type=checkbox]`));
    for (const box of boxes) box.checked = field.checked;
  }
  if (form) filter(form, field.tagName === "INPUT" ? 150 : 0);
});

document.addEventListener("click", async (event) => {
  const target = /** @type {Element} */ (event.target);
  const copy = /** @type {HTMLElement | null} */ (target.closest("[data-copy]"));
  if (copy) {
    await navigator.clipboard?.writeText(one(copy.dataset.copy ?? "")?.textContent ?? "").then(
      () => say("Copied."),
      () => say("The browser does not allow copying here."),
    );
    return;
  }
  const opener = target.closest("[data-opens]");
  if (opener) {
    event.preventDefault();
    /** @type {HTMLDialogElement | null} */ (one(/** @type {HTMLElement} */ (opener).dataset.opens ?? ""))?.showModal();
    return;
  }
  const link = /** @type {HTMLAnchorElement | null} */ (target.closest("a[data-dialog]"));
  const dialog = /** @type {HTMLDialogElement | null} */ (one("#dialog"));
  if (!link || !dialog || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const main = one("#main", parsed((await textOrNull(link.href)) ?? ""));
  if (!main) return location.assign(link.href);
  dialog.replaceChildren(...main.childNodes);
  dialog.showModal();
});

// What is large is fetched when somebody opens it.
document.addEventListener(
  "toggle",
  async (event) => {
    const details = /** @type {HTMLDetailsElement} */ (event.target);
    const place = details.dataset.load && details.open ? one("[data-loaded]:not([data-loaded=done])", details) : null;
    if (!place) return;
    const fresh = one("[data-loaded]", parsed((await textOrNull(details.dataset.load ?? "")) ?? ""));
    if (!fresh) return say("The appliance does not answer. Close and open it to try again.");
    place.replaceChildren(...fresh.childNodes);
    place.dataset.loaded = "done";
  },
  true,
);
