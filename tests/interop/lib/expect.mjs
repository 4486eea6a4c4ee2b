/** What scenarios assert with: each says what it is about, so that a failure reads as a sentence. */

import assert from "node:assert/strict";

/** Two primitives, or one and the same object. */
export function equal(actual, expected, what) {
  assert.ok(Object.is(actual, expected), `${what}: ${shown(actual)} instead of ${shown(expected)}`);
}

/** Two plain values of the same content. */
export function same(actual, expected, what) {
  try {
    assert.deepStrictEqual(actual, expected);
  } catch {
    assert.fail(`${what}: ${shown(actual)} instead of ${shown(expected)}`);
  }
}

/** Something holds. */
export function ok(holds, what) {
  assert.ok(holds, what);
}

/** A list has these elements, in any order. */
export function sameSet(actual, expected, what) {
  same([...actual].sort(), [...expected].sort(), what);
}

/** A moment lies in the time of this run, and is a `Date`. */
export function recent(moment, what) {
  ok(moment instanceof Date, `${what}: ${shown(moment)} is no Date`);
  ok(Math.abs(Date.now() - moment.getTime()) < 300_000, `${what}: ${moment.toISOString()} is not now`);
}

/** A request is refused as an application of the original service expects: by `status` and `body.code`. */
export async function refused(promise, status, code, what) {
  const error = await promise.then(
    (value) => assert.fail(`${what} is not refused, but gives ${shown(value)}`),
    (reason) => reason,
  );
  if (error instanceof assert.AssertionError) throw error;
  equal(error.status, status, `${what}: status of ${shown(error.message)}`);
  if (code !== undefined) {
    equal(error.body?.code, code, `${what}: code`);
    equal(error.body.status, status, `${what}: status in the body`);
    ok(typeof error.body.message === "string" && error.body.message, `${what}: the refusal has a message`);
  }
  return error;
}

/** A promise is rejected; gives the error. */
export async function rejected(promise, what) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  assert.ok("error" in outcome, `${what} is not rejected, but gives ${shown(outcome.value)}`);
  return outcome.error;
}

function shown(value) {
  if (value instanceof Map) return `Map ${shown([...value])}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
