// Operators for lists that tell their changes.

import { map, scan } from "rxjs";

import { each, last } from "./input.mjs";

const SHOWN = 20;

const scattered = (number) => (number * 7919) % 10_000;

const changes = each(({ key, number }, keys) => {
  const value = scattered(2 * keys + number);
  if (number === 0) {
    return [{ what: "reset", values: Array.from({ length: 2 * keys }, (_, at) => scattered(at)) }];
  }
  return [{ what: ["remove", "set", "insert", "set"][number % 4], at: key, value }];
});

const apply = (before, batch) => {
  const values = [...before];
  for (const { what, at, value, values: all } of batch) {
    switch (what) {
      case "set":
        values[at] = value;
        break;
      case "insert":
        values.splice(at, 0, value);
        break;
      case "remove":
        values.splice(at, 1);
        break;
      default:
        values.splice(0, values.length, ...all);
    }
  }
  return values;
};

const list = (...view) => ({
  given: changes,
  compose: (source) => source.pipe(scan(apply, []), ...view),
  keep: 1,
  read: last,
});

export default {
  apply_diffs: list(),
  live_filter: list(map((values) => values.filter((value) => value % 2 === 0))),
  live_sort: list(map((values) => [...values].sort((one, other) => one - other))),
  head: list(map((values) => values.slice(0, SHOWN))),
  tail: list(map((values) => values.slice(-SHOWN))),
};
