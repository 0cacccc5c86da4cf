// @ts-check
// One event stream for all tabs of a browser: the tab that holds the lock listens and tells the others.

const stream = document.body.dataset.stream;
const channel = stream ? new BroadcastChannel("rhythmx") : null;
let lastId = "";
/** @type {EventSource | null} */
let source = null;
let leads = false;

/** @type {Record<string, string>} */
const stateWords = {
  live: "Live",
  away: "Not live: trying again",
  out: "Signed out: sign in to go on",
};

/** @param {string} state @param {boolean} own */
function tellState(state, own) {
  const place = one("#live");
  const words = one("#live-words");
  if (place) place.dataset.state = state;
  if (words) words.textContent = stateWords[state] ?? "";
  if (own) channel?.postMessage({ state });
}

/** @type {Set<string>} */
const due = new Set();
let timer = 0;
/** @param {{kind: string, about: string[]}} event */
async function happened(event) {
  for (const id of [event.kind, "*", ...event.about]) due.add(id);
  // A burst is one look at the page.
  timer ||= window.setTimeout(update, 700);
  await released;
  for (const bar of all(`[data-fresh~="${event.kind}"]`)) {
    const count = one("b", bar);
    if (count) count.textContent = String(Number(count.textContent) + 1);
    bar.hidden = false;
  }
}
let lookedAt = 0;
async function update() {
  // What follows everything, like the numbers of the navigation, is worth a look every ten seconds.
  const named = all("[data-live][id]").some((element) => element.dataset.live !== "*" && isTold(element));
  const wait = document.hidden ? 2_000 : named ? 0 : lookedAt + 10_000 - Date.now();
  if (wait > 0) {
    timer = window.setTimeout(update, wait);
    return;
  }
  const told = new Set(due);
  due.clear();
  lookedAt = Date.now();
  await refresh((element) => isTold(element, told), true).catch(() => {});
  timer = due.size ? window.setTimeout(update, 700) : 0;
}
/** @param {HTMLElement} element @param {Set<string>} told */
function isTold(element, told = due) {
  return (element.dataset.live ?? "").split(" ").some((id) => told.has(id));
}

function listen() {
  if (!leads || !stream) return;
  source?.close();
  const mine = new EventSource(lastId ? `${stream}?last_event_id=${lastId}` : stream);
  source = mine;
  mine.onopen = () => tellState("live", true);
  mine.onerror = async () => {
    tellState("away", true);
    if (mine.readyState !== EventSource.CLOSED) return;
    // It was refused: because nobody is signed in, or because it is too long ago to go on from there.
    const response = await fetch(stream, { method: "HEAD", headers: { "X-Live": "1" } }).catch(() => null);
    if (response?.status === 401) return tellState("out", true);
    if (response?.ok && lastId) {
      lastId = "";
      await refresh(() => true, true).catch(() => {});
    }
    setTimeout(() => {
      if (source === mine) listen();
    }, 5_000);
  };
  for (const kind of ["incident_created", "incident_updated", "incident_scored", "case_created", "case_updated"])
    mine.addEventListener(kind, (message) => {
      lastId = message.lastEventId;
      const event = { id: lastId, kind, ...JSON.parse(message.data) };
      happened(event);
      channel?.postMessage(event);
    });
}

if (stream && channel) {
  channel.onmessage = ({ data }) => {
    if (data.state) return tellState(data.state, false);
    if (data.asks)
      return leads && one("#live")?.dataset.state ? tellState(one("#live")?.dataset.state ?? "", true) : undefined;
    lastId = data.id;
    happened(data);
  };
  const lead = () => {
    leads = true;
    listen();
    return new Promise(() => {});
  };
  if (navigator.locks) navigator.locks.request("rhythmx-live", lead);
  else lead();
  channel.postMessage({ asks: true });
  one("#live")?.addEventListener("click", () => {
    if (one("#live")?.dataset.state === "out") signInAgain().catch(() => {});
  });
}

// The server shows times in this zone from the next page on.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (!document.cookie.includes(`rhythmx-viewer-zone=${encodeURIComponent(zone)}`))
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
  document.cookie = `rhythmx-viewer-zone=${encodeURIComponent(zone)}; Path=/; SameSite=Lax; Max-Age=31536000`;
