/** A log as it came in, however long and whoever wrote it: text in a box that scrolls, with wrapping to switch off and a button that copies it. */
import { Icon } from "./icon.tsx";

/** `hash`: of its alert. `log`: null where retention has removed it. */
export const RawLog = ({ hash, log }: { hash: string; log: string | null }) => {
  if (log === null)
    return <p class="small quiet">Retention has removed this log: its alert and its counts are kept.</p>;
  return (
    <div class="rawlog">
      <p class="row tiny quiet">
        <span>{log.length.toLocaleString("en")} characters, as kept</span>
        <label class="row push">
          <input type="checkbox" class="wraps" checked />
          Wrap lines
        </label>
        <button type="button" class="btn mini" data-copy={`#raw-${hash}`}>
          <Icon n="copy" s={13} />
          Copy log
        </button>
      </p>
      <pre class="log" id={`raw-${hash}`} tabindex={0}>
        {log}
      </pre>
    </div>
  );
};
