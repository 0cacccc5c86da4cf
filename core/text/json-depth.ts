/** Depth and number of values of JSON text, checked before recursive code walks the value and runs out of stack or time. */

/** Whether `text` opens more than `most` arrays and objects inside each other. Linear; meaningless for text that is not JSON. */
export function isNestedDeeper(text: string, most: number): boolean {
  let depth = 0;
  return hasMark(text, (code) => {
    if (code === 0x5d || code === 0x7d) depth--;
    else if (code === 0x5b || code === 0x7b) depth++;
    return depth > most;
  });
}

/** Whether `text` holds more than about `most` values, whatever their size. Linear, as above. */
export function hasMoreValues(text: string, most: number): boolean {
  let commas = 0;
  return hasMark(text, (code) => code === 0x2c && ++commas >= most);
}

/** Whether `isIt` is true for a character outside strings, asked from the front. */
function hasMark(text: string, isIt: (code: number) => boolean): boolean {
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (isIt(code)) return true;
  }
  return false;
}
