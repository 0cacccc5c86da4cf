// @ts-check
// Fetching pages and putting parts of them in place. Shared by the other islands, which are one script with this one.

/** The page comes from our own server, which escapes every text; scripts in it would not run either. */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("rhythmx", {
  createHTML: (/** @type {string} */ text) => text,
});

/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement | null} */
const one = (selector, within = document) => within.querySelector(selector);
/** @param {string} selector @param {ParentNode} [within] @returns {HTMLElement[]} */
const all = (selector, within = document) => [...within.querySelectorAll(/** @type {any} */ (selector))];

/** Says something at the edge of the page for some seconds. @param {string} text */
function say(text) {
  const place = one("#said");
  if (!place || !text) return;
  place.textContent = text;
  place.hidden = false;
  clearTimeout(Number(place.dataset.timer));
  place.dataset.timer = String(
    setTimeout(() => {
      place.hidden = true;
    }, 8_000),
  );
}

/**
 * Resolves as soon as no button of the mouse is down. What takes the place of something waits for it: where what somebody presses moves or
 * goes between the press and its release, the browser makes no click of the two.
 */
let released = Promise.resolve();
document.addEventListener(
  "pointerdown",
  (event) => {
    if (event.button !== 0) return;
    released = new Promise((resolve) => {
      // The click comes right after the release. Some presses, such as on a list of choices, are never told to be over.
      for (const over of ["pointerup", "pointercancel"])
        document.addEventListener(over, () => setTimeout(resolve), { once: true, capture: true });
      setTimeout(resolve, 10_000);
    });
  },
  true,
);

/** @param {string} html */
const parsed = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");

/**
 * Asks as a script does. Where the session has ended, signs in first and asks again; where a form is older than the session, renews it.
 * With `quiet` nobody waits for the answer, so it asks for no sign-in: a dialog there could come between a press of a button and its release.
 * @param {string} url @param {RequestInit} [init] @param {boolean} [quiet] @returns {Promise<Response>}
 */
async function ask(url, init = {}, quiet = false) {
  const send = () => {
    const headers = new Headers(init.headers);
    headers.set("X-Fragment", "1");
    const token = document.documentElement.dataset.token;
    if (token && init.method === "POST") headers.set("X-Form-Token", token);
    return fetch(url, { ...init, headers });
  };
  let response = await send();
  if (response.status === 401 && response.headers.has("X-Sign-In")) {
    // Only what a person does asks for a sign-in.
    if (quiet) return response;
    await signInAgain();
    response = await send();
  }
  const token = response.headers.get("X-Form-Token");
  if (response.status === 403 && token) {
    document.documentElement.dataset.token = token;
    response = await send();
  }
  return response;
}

/**
 * Puts the new content of an element in the place of the old one. Open details stay open, ticked boxes ticked, and where somebody is
 * typing nothing is touched. @param {HTMLElement} old @param {HTMLElement} fresh
 */
function swap(old, fresh) {
  const busy = document.activeElement;
  const types =
    busy instanceof HTMLInputElement || busy instanceof HTMLTextAreaElement || busy instanceof HTMLSelectElement;
  if (types && old.contains(busy)) return;
  if (
    all("textarea,input:not([type=hidden],[type=checkbox])", old).some(
      (field) => /** @type {any} */ (field).value !== /** @type {any} */ (field).defaultValue,
    )
  )
    return;
  const open = new Set(all("details[open]", old).map((each) => each.id || one("summary", each)?.textContent));
  for (const each of all("details", fresh))
    if (open.has(each.id || one("summary", each)?.textContent)) each.setAttribute("open", "");
  const ticked = new Set(
    all("input[type=checkbox]", old)
      .filter((box) => /** @type {any} */ (box).checked)
      .map((box) => /** @type {any} */ (box).value),
  );
  for (const box of all("input[type=checkbox]", fresh))
    if (ticked.has(/** @type {any} */ (box).value)) /** @type {any} */ (box).checked = true;
  const focused =
    busy && old.contains(busy) ? all("a,button,summary,input", old).indexOf(/** @type {any} */ (busy)) : -1;
  old.replaceChildren(...fresh.childNodes);
  for (const { name, value } of [...fresh.attributes]) if (name !== "aria-selected") old.setAttribute(name, value);
  if (focused >= 0) all("a,button,summary,input", old)[focused]?.focus({ preventScroll: true });
}

/** Fetches this page again and puts those elements in place. @param {(element: HTMLElement) => boolean} which @param {boolean} live */
async function refresh(which, live) {
  const wanted = all("[data-live][id]").filter(which);
  if (wanted.length === 0) return;
  const response = await ask(location.href, live ? { headers: { "X-Live": "1" } } : {}, live);
  if (!response.ok) return;
  const page = parsed(await response.text());
  await released;
  for (const element of wanted) {
    const fresh = page.getElementById(element.id);
    if (fresh) swap(element, fresh);
  }
}

/** A sign-in in a dialog, over the page that stays as it is. Resolves once somebody is signed in. @returns {Promise<void>} */
function signInAgain() {
  signing ??= signInDialog().finally(() => {
    signing = null;
  });
  return signing;
}
/** @type {Promise<void> | null} */
let signing = null;

async function signInDialog() {
  // Nothing covers the page before it is there.
  const first = await (await fetch("/sign-in", { headers: { "X-Fragment": "1" } })).text();
  const dialog = document.createElement("dialog");
  dialog.className = "pop ask";
  dialog.setAttribute("aria-label", "Sign in again");
  document.body.append(dialog);
  const user = one("#live")?.dataset.user ?? "";
  const show = (/** @type {string} */ html) => {
    const step = one("[data-step]", parsed(html));
    const words = document.createElement("p");
    words.textContent = "Your session has ended. This page stays as it is, with what you typed.";
    if (step) dialog.replaceChildren(words, step);
    const name = /** @type {HTMLInputElement | null} */ (one("[name=username]", dialog));
    if (name && !name.value) name.value = user;
    (one("[type=password]", dialog) ?? one("input:not([type=hidden])", dialog))?.focus();
  };
  dialog.showModal();
  show(first);
  await new Promise((resolve) => {
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("submit", async (event) => {
      event.preventDefault();
      const form = /** @type {HTMLFormElement} */ (event.target);
      const response = await fetch(form.action, {
        method: "POST",
        headers: { "X-Fragment": "1" },
        body: new URLSearchParams(/** @type {any} */ (new FormData(form))),
      }).catch(() => null);
      one(".problem", form)?.remove();
      if (!response) return tell(form, "The appliance does not answer: try again.");
      const token = response.headers.get("X-Form-Token");
      if (!token) return show(await response.text());
      document.documentElement.dataset.token = token;
      // Somebody else sits here now: nothing of this page is theirs.
      if (response.headers.get("X-User") !== user || response.headers.get("X-Location")?.startsWith("/password"))
        return location.reload();
      dialog.close();
      dialog.remove();
      listen();
      resolve(undefined);
    });
  });
}
