/** Whether what an endpoint answers is an answer of etcd, as far as it is read: something else may sit behind its address. */

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown) => typeof value === "string";
const isAbsentOr = (value: unknown, is: (value: unknown) => boolean) => value === undefined || is(value);
const isListOf = (value: unknown, is: (value: unknown) => boolean) => Array.isArray(value) && value.every(is);

/** Numbers of 64 bits are texts in the JSON gateway, and what is empty is left out. */
const isRow = (row: unknown) =>
  isObject(row) && isText(row.key) && isAbsentOr(row.value, isText) && isText(row.mod_revision);
const isRange = (range: unknown) => isObject(range) && isAbsentOr(range.kvs, (kvs) => isListOf(kvs, isRow));
const isResponse = (one: unknown) => isObject(one) && isAbsentOr(one.response_range, isRange);

/** An answer to a range, a transaction, or a request for the status. */
export function isAnswer(answer: unknown): answer is Json {
  if (!isRange(answer)) return false;
  const { header, responses, succeeded, dbSizeInUse } = answer as Json;
  return (
    isObject(header) &&
    isText(header.revision) &&
    isAbsentOr(responses, (all) => isListOf(all, isResponse)) &&
    isAbsentOr(succeeded, (value) => typeof value === "boolean") &&
    isAbsentOr(dbSizeInUse, isText)
  );
}
