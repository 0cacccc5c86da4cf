/** @jsxImportSource hono/jsx */
/** What became of several things of which not all went well. */
import { Notice, Panel } from "../../parts/words.tsx";

interface OutcomesProps {
  title: string;
  /** What was done, in a sentence. */
  done: string;
  refused: readonly { name: string; href: string | null; why: string }[];
  back: string;
}

export const Outcomes = ({ title, done, refused, back }: OutcomesProps) => (
  <>
    <div class="page-head">
      <h1 class="grow">{title}</h1>
    </div>
    <div class="stack">
      <Notice kind="good">{done}</Notice>
      <Panel title="Refused" id="refused" note={`${refused.length}`}>
        <ul class="changes">
          {refused.map(({ name, href, why }) => (
            <li>
              {href === null ? (
                <b>{name}</b>
              ) : (
                <a class="mono" href={href}>
                  {name}
                </a>
              )}
              <span>{why}</span>
            </li>
          ))}
        </ul>
      </Panel>
      <p>
        <a class="btn" href={back}>
          Back to the incidents
        </a>
      </p>
    </div>
  </>
);
