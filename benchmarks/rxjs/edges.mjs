// Operators where values come in from elsewhere, or go wrong.

import { EventEmitter } from "node:events";
import { concatWith, defer, endWith, from, fromEvent, ignoreElements, map, retry, takeUntil, tap } from "rxjs";

import { numbers } from "./input.mjs";

const checked = (event) => {
  if (event.number % 10 === 9) {
    throw new RangeError(event.number);
  }
  return event;
};

async function* iterate(bursts) {
  for (const burst of bursts) {
    yield* burst;
    await undefined;
  }
}

export default {
  from_emitter: {
    compose: (source) => {
      const emitter = new EventEmitter();
      source.subscribe((event) => emitter.emit("told", event));
      return fromEvent(emitter, "told").pipe(takeUntil(source.pipe(ignoreElements(), endWith(null))));
    },
    read: numbers,
  },
  from_async_iter: { compose: (_source, _keys, bursts) => from(iterate(bursts)), read: numbers },
  isolate_errors: {
    compose: (source) => {
      const bad = [];
      return source.pipe(
        map(checked),
        tap({ error: (error) => bad.push(error) }),
        retry(),
        concatWith(defer(() => bad)),
      );
    },
    read: (seen) => {
      const bad = seen.filter((value) => value instanceof RangeError).length;
      return [seen.length - bad, bad];
    },
  },
};
