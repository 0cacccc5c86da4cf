/** @jsxImportSource hono/jsx */
/** `/deliveries/all`: before something is done with all that match: how many they are, the newest of them, and the two things to be done. */
import { type Action, type ActionRequest, type PageRequest, page } from "../../page.ts";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { PageHead } from "../../parts/list.tsx";
import { Empty, Notice, Panel } from "../../parts/words.tsx";
import { parameter } from "../listing.ts";
import { systemName } from "../overview-state.ts";
import { type Asked, addressOf, askedNames, askedOf, choiceOf, isNarrowed, isStanding, viewOf } from "./asked.ts";
import { causeWords, type DeliveryRow } from "./delivery-rows.ts";
import { DeliveryTable } from "./delivery-table.tsx";

interface Data {
  asked: Asked;
  /** Epoch milliseconds. */
  shownAt: number;
  retry: { count: number; first: DeliveryRow[] };
  discard: { count: number; first: DeliveryRow[] };
}

export const allPage = page<Data>({
  path: "/deliveries/all",
  permission: "ticket:write",
  at: "/deliveries",
  title: () => "All that match",
  load,
  view: ({ asked, shownAt, retry, discard }) => (
    <>
      <nav class="crumbs" aria-label="Where this page is">
        <a href={addressOf("/deliveries", asked)}>Deliveries</a> <span aria-current="page">All that match</span>
      </nav>
      <PageHead
        title={discard.count === 1 ? "1 delivery matches" : `${discard.count} deliveries match`}
        sub={wordsOf(asked)}
      />
      {discard.count === 0 ? (
        <section class="panel">
          <Empty icon="send" title="Nothing that stands still matches.">
            <a class="btn" href="/deliveries">
              To the deliveries
            </a>
          </Empty>
        </section>
      ) : (
        <div class="cols">
          <section class="panel list" aria-label="Deliveries">
            <DeliveryTable rows={discard.first} caption="The newest ten" mayWrite={false} />
            {discard.count > discard.first.length ? (
              <div class="foot-bar">
                <span>and {discard.count - discard.first.length} more</span>
              </div>
            ) : null}
          </section>
          <div class="stack">
            <Panel title="Send them again" id="retry">
              <Form class="form one" action="/console/deliveries/all/retry" label="Retry all that match">
                <Meant asked={asked} shownAt={shownAt} />
                <p class="small soft">
                  They go at the usual pace, a few at a time; a system that is down or asks to slow down is not pressed.
                  What may have arrived is looked up first: no incident gets a second ticket.
                </p>
                {retry.count < discard.count ? (
                  <Notice kind="wait">
                    {counted(discard.count - retry.count)} made and not identified: each of those is decided by itself,
                    and left as it is.
                  </Notice>
                ) : null}
                <button class="btn primary" disabled={retry.count === 0}>
                  <Icon n="rotate-ccw" s={15} />
                  {`Retry ${retry.count === 1 ? "it" : `all ${retry.count}`}`}
                </button>
              </Form>
            </Panel>
            <Panel title="Give them up" id="discard">
              <Form class="form one" action="/console/deliveries/all/discard" label="Give up all that match">
                <Meant asked={asked} shownAt={shownAt} />
                <p class="small soft">
                  They are never sent. The reason stays with each, and in its incident's history.
                </p>
                <label>
                  <span>Why they are given up</span>
                  <input class="field" name="reason" required maxlength={1_000} autocomplete="off" />
                </label>
                <button class="btn">{`Give up ${discard.count === 1 ? "it" : `all ${discard.count}`}`}</button>
              </Form>
            </Panel>
          </div>
        </div>
      )}
    </>
  ),
});

async function load({ caller, ports, url, viewing, preferences: { zone } }: PageRequest): Promise<Data> {
  const { tickets } = ports.api;
  const asked = askedOf((name) => parameter(url, name));
  const shownAt = viewing.now;
  // What is under way or done is not decided; such an address means what stands still.
  const meant = isStanding(viewOf(asked)) ? asked : { ...asked, state: "" };
  const choice = choiceOf(meant, zone, shownAt);
  const [retry, discard] = (await Promise.all([
    tickets.matching(caller, choice, false),
    tickets.matching(caller, choice, true),
  ])) as unknown as Data["retry"][];
  const none = { count: 0, first: [] };
  return { asked: meant, shownAt, retry: retry ?? none, discard: discard ?? none };
}

/** What is meant, so that nothing else goes with it. */
const Meant = ({ asked, shownAt }: { asked: Asked; shownAt: number }) => (
  <>
    {askedNames.map((name) => (asked[name] === "" ? null : <input type="hidden" name={name} value={asked[name]} />))}
    <input type="hidden" name="shown_at" value={String(shownAt)} />
  </>
);

function wordsOf(asked: Asked): string {
  const { system, cause, entity, incident, from, to } = asked;
  const words = [
    viewOf(asked).name,
    ...(system === "" ? [] : [systemName(system)]),
    ...(cause === "" ? [] : [causeWords(cause).name]),
    ...[entity, incident].filter((one) => one !== ""),
    ...(from === "" ? [] : [`since ${from}`]),
    ...(to === "" ? [] : [`up to ${to}`]),
  ];
  return isNarrowed(asked) ? words.join(", ") : `${words.join(", ")}: nothing narrows them`;
}

export const allActions: readonly Action[] = [
  {
    path: "/console/deliveries/all/retry",
    permission: "ticket:write",
    run: async (request) => {
      const { caller, ports } = request;
      const { retried } = await ports.api.tickets.retryAll(caller, meantBy(request));
      return { to: "/deliveries", said: `${counted(retried)} sent again, at the usual pace.` };
    },
  },
  {
    path: "/console/deliveries/all/discard",
    permission: "ticket:write",
    run: async (request) => {
      const { caller, ports, form } = request;
      const reason = form.required("reason", 1_000);
      const { discarded } = await ports.api.tickets.discardAll(caller, meantBy(request), reason);
      return { to: "/deliveries", said: `${counted(discarded)} given up.` };
    },
  },
];

/** @throws UsageError without the time at which it was shown: the page says how many they are, and nobody decides without it */
function meantBy({ form, preferences: { zone } }: ActionRequest) {
  const shownAt = Number(form.required("shown_at", 20));
  const asked = askedOf((name) => form.text(name));
  return choiceOf(
    isStanding(viewOf(asked)) ? asked : { ...asked, state: "" },
    zone,
    Number.isFinite(shownAt) ? shownAt : 0,
  );
}

function counted(count: number): string {
  return count === 1 ? "1 delivery is" : `${count} deliveries are`;
}
