// Operators that let time pass.

import {
  auditTime,
  bufferTime,
  concatMap,
  connect,
  count,
  debounceTime,
  groupBy,
  last as ending,
  map,
  merge,
  mergeMap,
  scan,
  timestamp,
} from "rxjs";

import { LONG, SHORT, ascending, counts, numbers, thread, total } from "./input.mjs";

const untilSilent = () => groupBy(thread, { duration: (group) => group.pipe(debounceTime(SHORT)) });

const swapped = ([first, ...burst]) => {
  const values = [first];
  for (let at = 0; at < burst.length; at += 2) {
    values.push(...burst.slice(at, at + 2).reverse());
  }
  return values;
};

const weighted = (before, { value, timestamp: at }) => {
  const left = 0.5 ** ((at - before.since) / LONG);
  return { sum: before.sum * left + value.number, weight: before.weight * left + 1, since: at };
};

const growing = (items) =>
  merge(
    items.pipe(map((made) => [made, true])),
    items.pipe(
      ending(),
      map((made) => [made, false]),
    ),
  );

export default {
  debounce: { compose: (source) => source.pipe(debounceTime(SHORT)), read: numbers },
  audit: { compose: (source) => source.pipe(auditTime(SHORT)), read: numbers },
  in_order: {
    given: (bursts) => bursts.map(swapped),
    compose: (source) =>
      source.pipe(
        bufferTime(SHORT),
        concatMap((buffer) => buffer.sort((one, other) => one.number - other.number)),
      ),
    read: numbers,
  },
  rate: {
    compose: (source) =>
      source.pipe(
        bufferTime(LONG, SHORT),
        map((buffer) => buffer.length / 2),
      ),
    read: (seen) => Math.round(total(seen) / 2),
  },
  ewma: {
    compose: (source) =>
      source.pipe(
        timestamp(),
        scan(weighted, { sum: 0, weight: 0, since: 0 }),
        map(({ sum, weight }) => sum / weight),
      ),
    keep: 1,
    read: (seen, amount) => [amount, Math.round(seen.at(-1) * 1000)],
  },
  windowed_count: {
    compose: (source) =>
      source.pipe(
        bufferTime(SHORT),
        map((buffer) => counts(buffer.map(thread))),
      ),
    read: (seen) => {
      const all = {};
      for (const [own, amount] of seen.flatMap(Object.entries)) {
        all[own] = (all[own] ?? 0) + amount;
      }
      return Object.entries(all)
        .map(([own, amount]) => [Number(own), amount])
        .sort(([one], [other]) => one - other);
    },
  },
  sessionize: {
    compose: (source) =>
      source.pipe(
        untilSilent(),
        mergeMap((group) =>
          group.pipe(
            scan((items, event) => [...items, event], []),
            connect(growing),
          ),
        ),
      ),
    read: (seen) => ascending(seen.filter(([, open]) => !open).map(([items]) => items.length)),
  },
  thread_by: {
    compose: (source) =>
      source.pipe(
        untilSilent(),
        mergeMap((group) => group.pipe(count())),
      ),
    read: ascending,
  },
};
